using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>What is told of a credential that could not be had.</summary>
[TestFixture]
internal sealed class CredentialFailureTests
{
    [TestCase("invalid_client", true)]
    [TestCase("unauthorized_client", true)]
    [TestCase("invalid_scope", true)]
    [TestCase("unsupported_grant_type", true)]
    [TestCase("invalid_target", true)]
    [TestCase("invalid_request", true)]
    [TestCase("invalid_grant", false)]
    [TestCase("slow_down", false)]
    [TestCase("temporarily_unavailable", false)]
    [TestCase(null, false)]
    public void IsRejection_Error_IsOneThatOnlyASettingCanChange(string? error, bool expected) =>
        Assert.That(new CredentialFailure("it gave none", HttpStatusCode.BadRequest, error).IsRejection, Is.EqualTo(expected));

    [TestCase(null, null, "it gave none")]
    [TestCase(503, null, "it gave none (503)")]
    [TestCase(400, "invalid_scope", "it gave none (400 invalid_scope)")]
    public void Describe_StatusAndError_AreShown(int? status, string? error, string expected) =>
        Assert.That(new CredentialFailure("it gave none", (HttpStatusCode?)status, error).Describe(), Is.EqualTo(expected));

    [Test]
    public void Of_Exception_IsShownByItsTypeAndNotByItsMessage()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Shown(new FormatException("c4n4ry")), Is.EqualTo("FormatException"));
            Assert.That(Shown(new HttpRequestException("c4n4ry")), Is.EqualTo("HttpRequestException"));
            Assert.That(Shown(new HttpRequestException(HttpRequestError.ConnectionError, "c4n4ry")), Is.EqualTo("HttpRequestException ConnectionError"));
            Assert.That(
                Shown(new HttpRequestException(HttpRequestError.InvalidResponse, "c4n4ry", statusCode: HttpStatusCode.BadGateway)), Is.EqualTo("HttpRequestException InvalidResponse (502)"));
            Assert.That(Shown(new TaskCanceledException("c4n4ry", new TimeoutException())), Is.EqualTo("timeout"));
            Assert.That(Shown(new TaskCanceledException("c4n4ry", new IOException())), Is.EqualTo("TaskCanceledException"));
        }
    }

    private static string Shown(Exception exception) => CredentialFailure.Of(exception).Describe();
}
