import os
import sys, json


def größe(a):
    l = 1
    return undefined_name == None
