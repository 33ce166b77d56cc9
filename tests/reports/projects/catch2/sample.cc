#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#include <stdexcept>

TEST_CASE("passes", "[ok]") { CHECK(1 == 1); }

TEST_CASE("fails <&> ä", "[bad]") {
  CHECK(1 == 2);
  CHECK(2 == 3);
  SECTION("inner") { REQUIRE(3 == 4); }
  SECTION("other / one") { REQUIRE(4 == 4); }
}

TEST_CASE("throws") { throw std::runtime_error("no way"); }

TEST_CASE("may fail", "[!mayfail]") { CHECK(false); }

TEST_CASE("should fail", "[!shouldfail]") { CHECK(true); }
