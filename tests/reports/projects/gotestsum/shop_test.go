package shop

import "testing"

func TestPasses(t *testing.T) {}

func TestFails(t *testing.T) { t.Errorf("größe <&> \x1b[31mred\x1b[0m") }

func TestParent(t *testing.T) {
	for _, name := range []string{"one", "zwei/ä b", "three"} {
		name := name
		t.Run(name, func(t *testing.T) {
			if name != "one" {
				t.Fatal("not one")
			}
		})
	}
}

func TestSkipped(t *testing.T) { t.Skip("later") }

func TestPanics(t *testing.T) { panic("out of stock") }

func TestAfterThePanic(t *testing.T) {}
