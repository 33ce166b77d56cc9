import unittest


class Clock(unittest.TestCase):
    def test_tick(self):
        self.assertEqual(1, 1)

    def test_tock(self):
        self.assertEqual("tick", "tock", "größer")

    def test_wound(self):
        raise KeyError("no key")

    def test_hours(self):
        for hour in (11, 12, 13):
            with self.subTest(hour=hour):
                self.assertLessEqual(hour, 11)

    @unittest.skip("no battery")
    def test_alarm(self):
        self.fail()

    @unittest.expectedFailure
    def test_quartz(self):
        self.fail("known")

    @unittest.expectedFailure
    def test_sundial(self):
        pass


class Tower(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise RuntimeError("the tower is locked")

    def test_bell(self):
        pass
