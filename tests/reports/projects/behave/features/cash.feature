Feature: Cash

  Background:
    Given a till

  Scenario: Count nothing
    Then it holds 0 coins

  Scenario: Count too much
    When 3 coins go in
    Then it holds 4 coins

  Scenario: A step nobody wrote
    When the drawer jams
    Then it holds 0 coins

  @skip
  Scenario: Left out
    Then it holds 9 coins

  Scenario Outline: Many <what>
    When <n> coins go in
    Then it holds 2 coins

    Examples: Münzen
      | what   | n |
      | zwei   | 2 |
      | fünf € | 5 |

  Scenario: A step that breaks
    When the till explodes
