package sub

import "testing"

func TestBroken(t *testing.T) { undefined() }
