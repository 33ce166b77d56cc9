#include <gtest/gtest.h>
#include <stdexcept>

TEST(Sum, Passes) { EXPECT_EQ(2, 1 + 1); }

TEST(Sum, FailsTwice) {
  EXPECT_EQ(3, 1 + 1) << "größer <&>";
  EXPECT_TRUE(false);
}

TEST(Sum, Throws) { throw std::runtime_error("no sum"); }

TEST(Sum, DISABLED_Rests) { FAIL(); }

TEST(Sum, Skips) { GTEST_SKIP() << "not here"; }

class Odd : public ::testing::TestWithParam<int> {};
TEST_P(Odd, IsOdd) { EXPECT_EQ(1, GetParam() % 2); }
INSTANTIATE_TEST_SUITE_P(Some, Odd, ::testing::Values(1, 2, 4));

template <typename T> class Typed : public ::testing::Test {};
using Kinds = ::testing::Types<char, long>;
TYPED_TEST_SUITE(Typed, Kinds);
TYPED_TEST(Typed, IsSmall) { this->RecordProperty("size", (int)sizeof(TypeParam)); EXPECT_LT(sizeof(TypeParam), 4u); }

class Suite : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { FAIL() << "the suite cannot start"; }
};
TEST_F(Suite, NeverMind) {}
