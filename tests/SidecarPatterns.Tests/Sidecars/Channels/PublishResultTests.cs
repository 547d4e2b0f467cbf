namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class PublishResultTests
{
    private static readonly TestCaseData<PublishResult, PublishStatus, PublishReason, string>[] Results =
    [
        new(PublishResult.Accepted, PublishStatus.Accepted, PublishReason.None, "Accepted"),
        new(PublishResult.Dropped(PublishReason.Full), PublishStatus.Dropped, PublishReason.Full, "Dropped(Full)"),
        new(PublishResult.Rejected(PublishReason.OwnQueueFull), PublishStatus.Rejected, PublishReason.OwnQueueFull, "Rejected(OwnQueueFull)"),
    ];

    [TestCaseSource(nameof(Results))]
    public void ToString_AnyResult_SaysStatusAndReason(PublishResult result, PublishStatus status, PublishReason reason, string text)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Status, Is.EqualTo(status));
            Assert.That(result.Reason, Is.EqualTo(reason));
            Assert.That(result.IsAccepted, Is.EqualTo(status == PublishStatus.Accepted));
            Assert.That(result.ToString(), Is.EqualTo(text));
        }
    }
}
