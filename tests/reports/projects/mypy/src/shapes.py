def größe(a: int) -> str:
    return a


x: int = größe("1")
