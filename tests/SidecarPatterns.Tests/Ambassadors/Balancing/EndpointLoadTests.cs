namespace SidecarPatterns.Tests;

/// <summary>Which of two endpoints is the better one for a request.</summary>
[TestFixture]
internal sealed class EndpointLoadTests
{
    [TestCase(1, 0, 1, 2, 0, 1, true)]
    [TestCase(2, 0, 1, 1, 0, 1, false)]
    [TestCase(1, 2, 3, 1, 2, 3, true, Description = "No higher is enough.")]
    [TestCase(1, 3, 1, 2, 0, 1, false, Description = "Those under way count, and the one more too.")]
    [TestCase(2, 0, 1, 1, 3, 1, true)]
    [TestCase(3, 0, 1, 1, 3, 1, true)]
    [TestCase(4, 0, 4, 2, 0, 1, true, Description = "Who has more weight may take longer.")]
    [TestCase(2, 0, 1, 4, 0, 4, false)]
    public void IsCheaper_IsByTimeAndThoseUnderWayAndWeight(double seconds, int inFlight, double weight, double otherSeconds, int otherInFlight, double otherWeight, bool expected) =>
        Assert.That(new EndpointLoad(seconds, inFlight, weight).IsCheaper(new EndpointLoad(otherSeconds, otherInFlight, otherWeight)), Is.EqualTo(expected));

    [TestCase(2, 1, 1, 1, 1, 1, true, Description = "Twice as long is about as quick.")]
    [TestCase(2.1, 1, 1, 1, 1, 1, false)]
    [TestCase(1, 2, 1, 1, 1, 1, false, Description = "It has more to do.")]
    [TestCase(1, 3, 4, 1, 1, 1, true, Description = "But not for its weight.")]
    [TestCase(1, 1, 1, 1, 3, 4, false)]
    [TestCase(0, 0, 1, 0, 0, 9, true, Description = "Nothing is known of either.")]
    public void IsAsGood_IsAboutAsQuickAndHasNoMoreToDo(double seconds, int inFlight, double weight, double otherSeconds, int otherInFlight, double otherWeight, bool expected) =>
        Assert.That(new EndpointLoad(seconds, inFlight, weight).IsAsGood(new EndpointLoad(otherSeconds, otherInFlight, otherWeight)), Is.EqualTo(expected));
}
