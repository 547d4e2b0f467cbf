using System.Reflection;

namespace SidecarPatterns.Tests;

/// <summary>That nothing is missing from the documentation says something only if exceptions are found.</summary>
[TestFixture]
internal sealed class ThrownExceptionsTests
{
    [TestCase(nameof(ThrowItself), typeof(InvalidOperationException))]
    [TestCase(nameof(CheckItself), typeof(ArgumentNullException), typeof(ArgumentException))]
    [TestCase(nameof(CheckByOwn), typeof(FormatException))]
    [TestCase(nameof(ThrowLaterAsync), typeof(OperationCanceledException), typeof(TimeoutException))]
    [TestCase(nameof(HavePrivateThrow), typeof(ArgumentOutOfRangeException))]
    [TestCase(nameof(ThrowNothing))]
    public void Of_Method_AreThoseThatItsCallerSees(string method, params Type[] expected) => Assert.That(
        ThrownExceptions.Of(typeof(ThrownExceptionsTests).GetMethod(method, BindingFlags.Static | BindingFlags.NonPublic)!), Is.EquivalentTo(expected));

    private static int ThrowItself(int value) => value > 0 ? value : throw new InvalidOperationException();

    private static void CheckItself(string value) => ArgumentException.ThrowIfNullOrEmpty(value);

    private static void CheckByOwn(int value) => ThrowIfOdd(value);

    private static async Task ThrowLaterAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        await Task.Yield();
        throw new TimeoutException();
    }

    private static int HavePrivateThrow(int value) => Find(value) switch
    {
        1 => 2,
        2 => 3,
        var other => other,
    };

    private static int ThrowNothing(int value) => value + 1;

    private static void ThrowIfOdd(int value)
    {
        if (value % 2 != 0)
        {
            throw new FormatException();
        }
    }

    private static int Find(int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        return value == 7 ? throw new TimeoutException() : value;
    }
}
