package org.example.shop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Eine Lampe")
class LampTest {
    @Test
    void passes() {}

    @Test
    @DisplayName("leuchtet <hell> & schön")
    void shines() {
        assertEquals("hell", "dunkel");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "ä\t", "日本"})
    void isA(String s) {
        assertEquals("a", s);
    }

    @Test
    @Disabled("no bulb")
    void rests() {}

    @Nested
    class WhenBroken {
        @Test
        void breaks() {
            throw new IllegalStateException("kaputt");
        }
    }
}
