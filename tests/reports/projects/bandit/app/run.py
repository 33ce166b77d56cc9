import pickle
import subprocess

PASSWORD = "hunter2"


def run(cmd, blob):
    assert cmd
    subprocess.call(cmd, shell=True)
    subprocess.call(cmd, shell=True)  # nosec
    return pickle.loads(blob)
