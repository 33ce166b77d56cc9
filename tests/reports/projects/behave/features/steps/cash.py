from behave import given, when, then


@given("a till")
def a_till(context):
    context.coins = 0


@when("{n:d} coins go in")
def go_in(context, n):
    context.coins += n


@when("the till explodes")
def explodes(context):
    raise RuntimeError("bang <&>")


@then("it holds {n:d} coins")
def holds(context, n):
    assert context.coins == n, f"{context.coins} coins, not {n}"
