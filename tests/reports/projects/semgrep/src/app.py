name = "ö"
eval("1")
print(name)
print(name)  # nosemgrep: no-print
