package org.example.shop;

import static org.junit.Assert.assertEquals;

import org.junit.Ignore;
import org.junit.Test;

public class BasketTest {
    private static int tries = 0;

    @Test
    public void passes() {}

    @Test
    public void fails() {
        assertEquals("größe <&>", 1, 2);
    }

    @Test
    public void throwsSomething() {
        System.out.println("said on stdout ]]> end");
        throw new IllegalStateException("no basket");
    }

    @Test
    public void isFlaky() {
        tries++;
        assertEquals(2, tries);
    }

    @Test
    @Ignore("not today")
    public void rests() {}
}
