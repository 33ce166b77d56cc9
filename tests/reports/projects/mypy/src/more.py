import nowhere_to_be_found


class A:
    def f(self) -> int:
        return "1"
