from bank.summary import balance


def test_balance():
    assert balance(["01.02.2031;Pay;950,00", "03.02.2031;Rent;-850,00"]) == 10000
