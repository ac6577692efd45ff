LIST = ["Ada", "Grace"]


def next_recipent(last: str) -> str:
    return LIST[(LIST.index(last) + 1) % len(LIST)]
