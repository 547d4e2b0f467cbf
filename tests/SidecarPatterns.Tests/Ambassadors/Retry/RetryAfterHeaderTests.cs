using System.Globalization;

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class RetryAfterHeaderTests
{
    private readonly TestClock _clock = new();

    [TestCase("0", 0)]
    [TestCase("1", 1)]
    [TestCase("  120\t", 120)]
    [TestCase("007", 7)]
    [TestCase("86400", 86_400)]
    public void Read_Seconds_IsSoLong(string value, int seconds) => Assert.That(Read(value), Is.EqualTo(TimeSpan.FromSeconds(seconds)));

    [TestCase("-1")]
    [TestCase("+1")]
    [TestCase("1.5")]
    [TestCase("1,5")]
    [TestCase("0x10")]
    [TestCase("1e3")]
    [TestCase("")]
    [TestCase(" ")]
    [TestCase("soon")]
    [TestCase("NaN")]
    [TestCase("\u0661\u0662")]
    [TestCase("1 2")]
    [TestCase("Wed, 99 Foo 2026 00:00:00 GMT")]
    public void Read_NoNumberAndNoDate_IsAsAbsent(string value) => Assert.That(Read(value), Is.Null);

    [Test]
    public void Read_Absent_IsNull()
    {
        using var response = new HttpResponseMessage();

        Assert.That(RetryAfterHeader.Read(response, _clock), Is.Null);
    }

    [Test]
    public void Read_TwoValues_IsAsAbsent()
    {
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("Retry-After", ["1", "2"]);

        Assert.That(RetryAfterHeader.Read(response, _clock), Is.Null);
    }

    [TestCase("99999999999999999999")]
    [TestCase("9223372036854775807")]
    [TestCase("922337203686")]
    public void Read_MoreThanADurationHolds_IsTheLongest(string value) => Assert.That(Read(value), Is.EqualTo(TimeSpan.MaxValue));

    [Test]
    public void Read_ThousandsOfDigits_IsTheLongest() => Assert.That(Read(new string('9', 5_000)), Is.EqualTo(TimeSpan.MaxValue));

    [TestCase(90, 90)]
    [TestCase(0, 0)]
    public void Read_Date_IsMeasuredAgainstTheClock(int inSeconds, int expected) =>
        Assert.That(Read(DateIn(inSeconds)), Is.EqualTo(TimeSpan.FromSeconds(expected)));

    [Test]
    public void Read_DateThatIsPast_IsAsAbsent() => Assert.That(Read(DateIn(-1)), Is.Null);

    [Test]
    public void Read_DateAndTheServersOwn_IsMeasuredAgainstThat([Values(-86_400, 86_400, 0)] int skewSeconds)
    {
        using var response = new HttpResponseMessage();
        response.Headers.Date = _clock.GetUtcNow().AddSeconds(skewSeconds);
        response.Headers.TryAddWithoutValidation("Retry-After", DateIn(skewSeconds + 42));

        Assert.That(RetryAfterHeader.Read(response, _clock), Is.EqualTo(TimeSpan.FromSeconds(42)));
    }

    [Test]
    public void Read_DatesAtTheEndsOfTime_DoNotThrow()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Read("Fri, 31 Dec 9999 23:59:59 GMT"), Is.GreaterThan(TimeSpan.FromDays(365 * 7_000)));
            Assert.That(Read("Mon, 01 Jan 0001 00:00:00 GMT"), Is.Null);
        }
    }

    [Test]
    public void Read_HostileValues_NeverThrowsAndIsNeverNegative()
    {
        const string Signs = "0123456789 -+.,:;eExX\t\"'()GMTJanWed\u0660\u00a0\0\ud83d";
        for (var seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            var value = string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => Signs[random.Next(Signs.Length)]));
            using var response = new HttpResponseMessage();
            var isThere = response.Headers.TryAddWithoutValidation("Retry-After", value);

            var wait = RetryAfterHeader.Read(response, _clock);

            Assert.That(wait is null || (isThere && wait >= TimeSpan.Zero), $"seed {seed}: '{value}' is {wait}");
        }
    }

    private string DateIn(int seconds) => _clock.GetUtcNow().AddSeconds(seconds).ToString("r", CultureInfo.InvariantCulture);

    private TimeSpan? Read(string value)
    {
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("Retry-After", value);
        return RetryAfterHeader.Read(response, _clock);
    }
}
