package org.example.shop;

import static org.junit.Assert.assertEquals;

import java.util.Arrays;
import java.util.Collection;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.junit.runners.Parameterized;

@RunWith(Parameterized.class)
public class SumTest {
    @Parameterized.Parameters(name = "{0} Äpfel")
    public static Collection<Object[]> numbers() {
        return Arrays.asList(new Object[][] {{1}, {2}, {3}});
    }

    @Parameterized.Parameter public int number;

    @Test
    public void isTwo() {
        assertEquals(2, number);
    }
}
