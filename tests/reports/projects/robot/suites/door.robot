*** Settings ***
Documentation    A door that opens.

*** Test Cases ***
Opens
    Should Be Equal    open    open

Closes With A Bang: ä <&>
    Should Be Equal    open    closed

Is Painted
    Skip    no paint

Has No Such Keyword
    Knock Three Times

Continues
    Run Keyword And Continue On Failure    Fail    first
    Fail    second
