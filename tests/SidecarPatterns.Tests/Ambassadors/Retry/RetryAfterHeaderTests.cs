using System.Globalization;
using System.Numerics;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class RetryAfterHeaderTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 6, 8, 49, 37, TimeSpan.Zero);

    [TestCase("0", 0)]
    [TestCase("1", 1)]
    [TestCase("  120 ", 120)]
    [TestCase("0000000000000000000000000000000000000000000000007", 7)]
    [TestCase("2147483648", 2_147_483_648)] // More than the typed property knows.
    [TestCase("922337203684", 922_337_203_684)] // The most that fits into a duration.
    public void Read_Seconds_AreRead(string value, double expected) =>
        Assert.That(Read(value), Is.EqualTo(TimeSpan.FromSeconds(expected)));

    [TestCase("922337203685")]
    [TestCase("99999999999999999999")]
    [TestCase("999999999999999999999999999999999999999999999999999999999999999999999999")]
    public void Read_SecondsThatFitIntoNoDuration_AreTheLongest(string value) =>
        Assert.That(Read(value), Is.EqualTo(TimeSpan.MaxValue));

    [TestCase("")]
    [TestCase("   ")]
    [TestCase("-1")]
    [TestCase("+1")]
    [TestCase("1.5")]
    [TestCase("1,000")]
    [TestCase("1, 2")]
    [TestCase("1e3")]
    [TestCase("0x10")]
    [TestCase("١٢")] // Digits, but not those of HTTP.
    [TestCase("soon")]
    [TestCase("10 s")]
    [TestCase("2026-11-06T08:50:00Z")]
    [TestCase("Fri, 31 Feb 2027 08:49:37 GMT")]
    public void Read_SomethingElse_IsAbsent(string value) => Assert.That(Read(value), Is.Null);

    [Test]
    public void Read_ThousandsOfDigits_IsTheLongest() => Assert.That(Read(new string('9', 5_000)), Is.EqualTo(TimeSpan.MaxValue));

    [Test]
    public void Read_None_IsAbsent()
    {
        using var response = new HttpResponseMessage();

        Assert.That(RetryAfterHeader.Read(response, new FakeTimeProvider(Now)), Is.Null);
    }

    // The three forms of RFC 9110, section 5.6.7.
    [TestCase("Fri, 06 Nov 2026 08:50:07 GMT")]
    [TestCase("Friday, 06-Nov-26 08:50:07 GMT")]
    [TestCase("Fri Nov  6 08:50:07 2026")]
    public void Read_DateWithoutTheServersOwn_IsMeasuredAgainstTheClock(string value) =>
        Assert.That(Read(value), Is.EqualTo(TimeSpan.FromSeconds(30)));

    [TestCase("Fri, 06 Nov 2026 08:49:37 GMT", 30)]
    [TestCase("Fri, 06 Nov 2026 09:49:37 GMT", null)]
    [TestCase("Thu, 01 Jan 1970 00:00:00 GMT", 1_793_954_977 + 30.0)]
    [TestCase("yesterday", 30)] // As if there were none.
    public void Read_DateAndTheServersOwn_IsMeasuredAgainstThat(string date, double? expected)
    {
        var read = Read("Fri, 06 Nov 2026 08:50:07 GMT", date);

        Assert.That(read?.TotalSeconds, Is.EqualTo(expected));
    }

    [TestCase("Fri, 06 Nov 2026 08:49:37 GMT", 0)]
    [TestCase("Fri, 06 Nov 2026 08:49:36 GMT", null)]
    [TestCase("Mon, 01 Jan 0001 00:00:00 GMT", null)]
    public void Read_DateThatIsOver_IsAbsent(string value, double? expected) => Assert.That(Read(value)?.TotalSeconds, Is.EqualTo(expected));

    [TestCase(new[] { "5", "10" }, 10)]
    [TestCase(new[] { "10", "5", "junk" }, 10)]
    [TestCase(new[] { "junk", "-5" }, null)]
    [TestCase(new[] { "5", "Fri, 06 Nov 2026 08:50:07 GMT" }, 30)]
    public void Read_Several_TheLongestThatIsUnderstoodCounts(string[] values, double? expected)
    {
        using var response = ResponseOf(values);

        Assert.That(RetryAfterHeader.Read(response, new FakeTimeProvider(Now))?.TotalSeconds, Is.EqualTo(expected));
    }

    [Test]
    public void Read_AnyHeaders_LeavesThemAsTheyAre()
    {
        using var response = ResponseOf(["Friday, 06-Nov-26 08:50:07 GMT"], "Friday, 06-Nov-26 08:49:37 GMT");

        RetryAfterHeader.Read(response, new FakeTimeProvider(Now));

        Assert.That(response.Headers.NonValidated["Retry-After"].ToString(), Is.EqualTo("Friday, 06-Nov-26 08:50:07 GMT"));
        Assert.That(response.Headers.NonValidated["Date"].ToString(), Is.EqualTo("Friday, 06-Nov-26 08:49:37 GMT"));
    }

    [Test]
    public void Read_TypedByAHandlerBelow_IsRead()
    {
        using var response = new HttpResponseMessage();
        response.Headers.RetryAfter = new System.Net.Http.Headers.RetryConditionHeaderValue(TimeSpan.FromSeconds(12));

        Assert.That(RetryAfterHeader.Read(response, new FakeTimeProvider(Now)), Is.EqualTo(TimeSpan.FromSeconds(12)));
    }

    [Test]
    public void Read_AnyNumber_IsThatManySecondsOrTheLongest() =>
        Gen.Char['0', '9'].Array[1, 60].Select(static digits => new string(digits)).Sample(static digits =>
        {
            var seconds = BigInteger.Parse(digits, CultureInfo.InvariantCulture);
            var read = Read(digits);
            return seconds < 900_000_000_000
                ? read == TimeSpan.FromSeconds((double)seconds)
                : read == TimeSpan.MaxValue || read == TimeSpan.FromSeconds((double)seconds);
        });

    [Test]
    public void Read_AnyDate_IsTheTimeUntilThen() =>
        Gen.Select(Gen.Long[0, 253_402_300_799], Gen.Long[0, 253_402_300_799]).Sample(static (at, now) =>
        {
            var (date, own) = (DateTimeOffset.FromUnixTimeSeconds(at), DateTimeOffset.FromUnixTimeSeconds(now));
            var expected = at >= now ? date - own : (TimeSpan?)null;
            return Read($"{date:r}", $"{own:r}") == expected;
        });

    [Test]
    public void Read_HostileValues_NeitherThrowsNorIsNegative() =>
        Gen.Select(Hostile.Array[0, 3], Hostile).Sample(static (values, date) =>
        {
            using var response = ResponseOf(values, date);
            return RetryAfterHeader.Read(response, new FakeTimeProvider(Now)) is not { } read || read >= TimeSpan.Zero;
        });

    // Pieces of what is allowed, put together as it is not.
    private static Gen<string> Hostile => Gen.OneOf(
        Gen.String,
        Gen.OneOf([.. new[] { "-", "+", ",", " ", "\t", "0", "9", "99999999999", "Fri", "Fri, ", "06", " Nov ", "2026", " 08:50:07", " GMT", "\0", "١", "\"", "1e9", "UTC" }.Select(Gen.Const)])
            .Array[0, 8].Select(static pieces => string.Concat(pieces)));

    private static TimeSpan? Read(string value, string? date = null)
    {
        using var response = ResponseOf([value], date);
        return RetryAfterHeader.Read(response, new FakeTimeProvider(Now));
    }

    private static HttpResponseMessage ResponseOf(string[] values, string? date = null)
    {
        var response = new HttpResponseMessage();
        foreach (var value in values)
        {
            response.Headers.TryAddWithoutValidation("Retry-After", value);
        }

        if (date is not null)
        {
            response.Headers.TryAddWithoutValidation("Date", date);
        }

        return response;
    }
}
