<?php
namespace Example\Shop;

use PHPUnit\Framework\TestCase;

final class MoneyTest extends TestCase
{
    public function testPasses(): void
    {
        $this->assertTrue(true);
    }

    public function testFails(): void
    {
        $this->assertSame('1 €', '2 €');
    }

    /** @dataProvider amounts */
    public function testAmount(int $a, int $b): void
    {
        $this->assertSame($a, $b);
    }

    public static function amounts(): array
    {
        return ['even' => [2, 2], 'odd one "ü"' => [1, 2], [3, 4]];
    }

    public function testErrors(): void
    {
        throw new \RuntimeException('no <money> & no change');
    }

    public function testWarns(): void
    {
        trigger_error('careful', E_USER_WARNING);
    }

    public function testRisky(): void
    {
    }

    public function testSkipped(): void
    {
        $this->markTestSkipped('later');
    }

    public function testIncomplete(): void
    {
        $this->markTestIncomplete('half done');
    }
}
