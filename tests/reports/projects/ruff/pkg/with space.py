import os
print("ä" % 1)
