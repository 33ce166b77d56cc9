package org.example.shop;

import org.junit.BeforeClass;
import org.junit.Test;

public class SetupTest {
    @BeforeClass
    public static void open() {
        throw new RuntimeException("the shop is shut");
    }

    @Test
    public void neverRuns() {}
}
