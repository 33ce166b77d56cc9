#define BOOST_TEST_MODULE shop
#include <boost/test/included/unit_test.hpp>
#include <stdexcept>
namespace utf = boost::unit_test;

BOOST_AUTO_TEST_CASE(passes) { BOOST_TEST(1 == 1); }

BOOST_AUTO_TEST_SUITE(outer)
BOOST_AUTO_TEST_SUITE(inner)
BOOST_AUTO_TEST_CASE(fails) {
  BOOST_TEST(1 == 2, "größe <&> ]]>");
  BOOST_TEST(2 == 3);
}
BOOST_AUTO_TEST_CASE(throws) { throw std::runtime_error("no way"); }
BOOST_AUTO_TEST_CASE(depends, *utf::depends_on("outer/inner/fails")) {}
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_CASE(off, *utf::disabled()) { BOOST_TEST(false); }
BOOST_AUTO_TEST_SUITE_END()

struct Broken { Broken() { BOOST_FAIL("cannot set up"); } };
BOOST_FIXTURE_TEST_CASE(fixture, Broken) {}
