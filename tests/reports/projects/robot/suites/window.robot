*** Settings ***
Suite Setup    Fail    the window is nailed shut

*** Test Cases ***
Opens
    No Operation

Shuts
    No Operation
