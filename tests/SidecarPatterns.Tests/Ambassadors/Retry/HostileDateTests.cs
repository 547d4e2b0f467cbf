using System.Globalization;
using Microsoft.Extensions.Time.Testing;

namespace SidecarPatterns.Tests;

/// <summary>Dates of HTTP in every form that servers have ever given them: each is the moment that it names, or none at all, and never another one.</summary>
[TestFixture]
internal sealed class HostileDateTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 6, 8, 49, 37, TimeSpan.Zero);

    // Those of RFC 9110, section 5.6.7, have to be understood.
    private static readonly string[] Standard = ["ddd, dd MMM yyyy HH:mm:ss 'GMT'", "dddd, dd-MMM-yy HH:mm:ss 'GMT'", "ddd MMM d HH:mm:ss yyyy"];

    private static readonly string[] Odd =
    [
        "ddd, d MMM yyyy HH:mm:ss 'GMT'", "dd MMM yyyy HH:mm:ss 'GMT'", "ddd, dd MMM yyyy HH:mm 'GMT'", "ddd, dd MMM yyyy HH:mm:ss 'UTC'", "ddd, dd MMM yyyy HH:mm:ss '+0000'",
        "ddd, dd MMM yyyy HH:mm:ss 'Z'", "ddd, dd MMM yyyy HH:mm:ss", "ddd, dd-MMM-yyyy HH:mm:ss 'GMT'", "ddd, dd MMM yy HH:mm:ss 'GMT'", "ddd MMM dd HH:mm:ss yyyy", "ddd MMM d HH:mm:ss 'GMT' yyyy",
        "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd HH:mm:ss", "MM/dd/yyyy HH:mm:ss", "dd.MM.yyyy HH:mm:ss", "dd/MM/yyyy HH:mm:ss", "yyyyMMdd'T'HHmmss'Z'", "ddd,dd MMM yyyy HH:mm:ss 'GMT'",
        "ddd, dd MMM yyyy HH.mm.ss 'GMT'", "ddd, dd MMM yyyy HH:mm:ss.fff 'GMT'", "dddd, dd MMMM yyyy HH:mm:ss 'GMT'",
    ];

    [Test]
    public void Read_DateInAnyForm_IsThatMomentOrNone()
    {
        var (understood, passedOver) = (0, 0);
        Hostile.ForEach(6_000, random =>
        {
            var at = DateTimeOffset.FromUnixTimeSeconds(random.NextInt64(Now.ToUnixTimeSeconds(), new DateTimeOffset(2049, 12, 31, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds()));
            var isStandard = random.Next(2) == 0;
            var form = random.Pick(isStandard ? Standard : Odd);
            var text = at.ToString(form, CultureInfo.InvariantCulture);
            text = form == Standard[2] && at.Day < 10 ? text.Insert(8, " ") : text; // A day of one digit has a blank in the place of the other.
            var read = Read(text);
            var seconds = form.Contains("ss", StringComparison.Ordinal) ? 0 : at.Second;

            Assert.That(read, isStandard ? Is.EqualTo(at - Now) : Is.Null.Or.EqualTo(at.AddSeconds(-seconds) - Now), text);
            (understood, passedOver) = read is null ? (understood, passedOver + 1) : (understood + 1, passedOver);
        });

        Assert.That((int[])[understood, passedOver], Has.All.GreaterThan(100), "or nothing was shown");
    }

    // A letter that is another, a part that is missing, a number that no clock shows.
    [Test]
    public void Read_DateThatIsSpoilt_IsAMomentToComeOrNone() => Hostile.ForEach(6_000, random =>
    {
        var date = Now.AddDays(random.Next(20_000)).ToString(random.Pick(Standard), CultureInfo.InvariantCulture);
        var text = System.Text.Encoding.Latin1.GetString(random.Spoil(System.Text.Encoding.Latin1.GetBytes(date)));

        Assert.That(Read(text, random.Next(2) == 0 ? random.Text() : null), Is.Null.Or.GreaterThanOrEqualTo(TimeSpan.Zero), text);
    });

    private static TimeSpan? Read(string value, string? date = null)
    {
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("Retry-After", value);
        if (date is not null)
        {
            response.Headers.TryAddWithoutValidation("Date", date);
        }

        return RetryAfterHeader.Read(response, new FakeTimeProvider(Now));
    }
}
