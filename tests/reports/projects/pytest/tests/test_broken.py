"""A file that cannot be imported."""
import no_such_module_anywhere


def test_unreached():
    assert no_such_module_anywhere
