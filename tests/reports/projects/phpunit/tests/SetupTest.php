<?php
use PHPUnit\Framework\TestCase;

final class SetupTest extends TestCase
{
    public static function setUpBeforeClass(): void
    {
        throw new \LogicException('nothing to set up');
    }

    public function testNever(): void
    {
        $this->assertTrue(true);
    }
}
