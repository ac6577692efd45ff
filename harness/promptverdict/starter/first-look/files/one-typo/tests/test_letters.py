from letters import next_recipent


def test_the_list_goes_round():
    assert next_recipent("Grace") == "Ada"
