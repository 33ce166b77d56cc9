"""A basket of goods: some tests pass, some fail, some are left out."""
import pytest

_tries = {"n": 0}


@pytest.fixture
def till():
    raise RuntimeError("the till is <closed> & locked")


@pytest.fixture
def lamp():
    yield "lit"
    raise OSError("the lamp would not go out")


def test_empty():
    assert sum([]) == 0


def test_total():
    assert sum([1, 2, 3]) == 7, "wrong total"


@pytest.mark.parametrize(
    "label",
    ["plain", "größe", "日本 5\"", "a/b::c[d]", "x<y&z", "tab\there", "nul\x00bell\x07", ""],
)
def test_label(label):
    assert label == "plain"


def test_pay(till):
    pass


def test_light(lamp):
    assert lamp == "lit"


def test_light_fails_twice(lamp):
    assert lamp == "dark"


@pytest.mark.xfail(reason="not written yet")
def test_later():
    assert False


@pytest.mark.xfail(strict=True, reason="should fail")
def test_sooner():
    assert True


@pytest.mark.skip(reason="shop is shut")
def test_shut():
    assert False


@pytest.mark.flaky(reruns=2)
def test_flaky():
    _tries["n"] += 1
    assert _tries["n"] == 2


@pytest.mark.flaky(reruns=1)
def test_never():
    print("spoken on stdout")
    assert False, "again"


class TestBasket:
    class TestInner:
        def test_deep(self):
            assert {"apples": 1} == {"apples": 2}

    def test_total(self):
        raise ValueError("ein Käse zu viel")
