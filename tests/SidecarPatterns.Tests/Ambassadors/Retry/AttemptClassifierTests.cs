using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Polly;

namespace SidecarPatterns.Tests;

/// <summary>The table of how attempts end, row by row.</summary>
[TestFixture]
internal sealed class AttemptClassifierTests
{
    [Test]
    public void ClassOf_EveryStatus_IsAsTheTableSays([Values] bool withRetryAfter)
    {
        for (var status = 100; status < 1_000; status++)
        {
            using var response = new HttpResponseMessage((HttpStatusCode)status);
            if (withRetryAfter)
            {
                response.Headers.TryAddWithoutValidation("Retry-After", "1");
            }

            Assert.That(AttemptClassifier.ClassOf(response), Is.EqualTo(Expected(status, withRetryAfter)), $"{status}");
        }
    }

    [TestCase(HttpRequestError.ConnectionError, AttemptClass.Unsent)]
    [TestCase(HttpRequestError.ProxyTunnelError, AttemptClass.Unsent)]
    [TestCase(HttpRequestError.SecureConnectionError, AttemptClass.Unsent)]
    [TestCase(HttpRequestError.NameResolutionError, AttemptClass.Fatal)]
    [TestCase(HttpRequestError.ResponseEnded, AttemptClass.Unknown)]
    [TestCase(HttpRequestError.InvalidResponse, AttemptClass.Unknown)]
    [TestCase(HttpRequestError.HttpProtocolError, AttemptClass.Unknown)]
    [TestCase(HttpRequestError.ConfigurationLimitExceeded, AttemptClass.Fatal)]
    [TestCase(HttpRequestError.VersionNegotiationError, AttemptClass.Fatal)]
    [TestCase(HttpRequestError.UserAuthenticationError, AttemptClass.Fatal)]
    [TestCase(HttpRequestError.ExtendedConnectNotSupported, AttemptClass.Fatal)]
    [TestCase(HttpRequestError.Unknown, AttemptClass.Fatal)]
    public void ClassOf_HttpRequestException_IsByItsError(HttpRequestError error, AttemptClass expected) =>
        Assert.That(AttemptClassifier.ClassOf(new HttpRequestException(error, "failed")), Is.EqualTo(expected));

    [TestCase(HttpRequestError.ResponseEnded, AttemptClass.Unknown)]
    [TestCase(HttpRequestError.InvalidResponse, AttemptClass.Unknown)]
    [TestCase(HttpRequestError.Unknown, AttemptClass.Unknown)]
    [TestCase(HttpRequestError.ConfigurationLimitExceeded, AttemptClass.Fatal)]
    public void ClassOf_HttpIOException_IsByItsError(HttpRequestError error, AttemptClass expected) =>
        Assert.That(AttemptClassifier.ClassOf(new HttpIOException(error)), Is.EqualTo(expected));

    [TestCase(SocketError.TryAgain, AttemptClass.Unsent, HealthEffect.Failure)]
    [TestCase(SocketError.HostNotFound, AttemptClass.Fatal, HealthEffect.Failure)]
    [TestCase(SocketError.NoData, AttemptClass.Fatal, HealthEffect.Failure)]
    public void ClassOf_NameResolution_IsByTheSocketError(SocketError error, AttemptClass expected, HealthEffect effect)
    {
        var exception = new HttpRequestException(HttpRequestError.NameResolutionError, "failed", new SocketException((int)error));

        Assert.That(AttemptClassifier.ClassOf(exception), Is.EqualTo(expected));
        Assert.That(AttemptOutcome.Of(expected, exception).Effect, Is.EqualTo(effect));
    }

    [Test]
    public void ClassOf_BadCertificate_IsFatalAndTheEndpointsFailure()
    {
        var exception = new HttpRequestException(
            HttpRequestError.SecureConnectionError, "failed", new IOException("inside", new AuthenticationException("The name does not match.")));

        Assert.That(AttemptClassifier.ClassOf(exception), Is.EqualTo(AttemptClass.Fatal));
        Assert.That(AttemptOutcome.Of(AttemptClass.Fatal, exception).Effect, Is.EqualTo(HealthEffect.Failure));
    }

    [TestCase(0x7, AttemptClass.Unsent)]
    [TestCase(0x10B, AttemptClass.Unsent)]
    [TestCase(0xB, AttemptClass.Throttled)]
    [TestCase(0x2, AttemptClass.Unknown)]
    [TestCase(0x0, AttemptClass.Unknown)]
    [TestCase(0x8, AttemptClass.Unknown)]
    public void ClassOf_ProtocolError_IsByItsCode(long code, AttemptClass expected)
    {
        var inner = new HttpProtocolException(code, "failed", null);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(AttemptClassifier.ClassOf(inner), Is.EqualTo(expected));
            Assert.That(AttemptClassifier.ClassOf(new HttpRequestException(HttpRequestError.HttpProtocolError, "failed", inner)), Is.EqualTo(expected));
        }
    }

    [TestCase("Polly.Timeout.TimeoutRejectedException", AttemptClass.Unknown, HealthEffect.Failure)]
    [TestCase("Polly.CircuitBreaker.BrokenCircuitException", AttemptClass.Unsent, HealthEffect.Neutral)]
    [TestCase("Polly.CircuitBreaker.IsolatedCircuitException", AttemptClass.Unsent, HealthEffect.Neutral)]
    public void ClassOf_RejectionOfPollys_IsUnknownForItsTimeoutAndElseUnsentAndNobodysFault(string type, AttemptClass expected, HealthEffect effect)
    {
        // By name: the test project has an older Polly beside, whose types have the same names.
        var exception = (Exception)Activator.CreateInstance(typeof(ResiliencePipeline).Assembly.GetType(type, throwOnError: true)!)!;

        Assert.That(AttemptClassifier.ClassOf(exception), Is.EqualTo(expected));
        Assert.That(AttemptOutcome.Of(expected, exception).Effect, Is.EqualTo(effect));
    }

    [Test]
    public void ClassOf_CancellationThatNobodyExplains_IsUnknownUnlessItIsTheConnectTimeout()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(AttemptClassifier.ClassOf(new OperationCanceledException()), Is.EqualTo(AttemptClass.Unknown));
            Assert.That(AttemptClassifier.ClassOf(new TaskCanceledException("x", new IOException())), Is.EqualTo(AttemptClass.Unknown));
            Assert.That(AttemptClassifier.ClassOf(new TaskCanceledException("x", new TimeoutException())), Is.EqualTo(AttemptClass.Unsent));
        }
    }

    [Test]
    public void ClassOf_MarkedAsSent_IsUnknownWhereItWouldBeUnsent()
    {
        var connect = new TaskCanceledException("x", new TimeoutException());
        AttemptClassifier.MarkSent(connect);
        var fatal = new FormatException();
        AttemptClassifier.MarkSent(fatal);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(AttemptClassifier.ClassOf(connect), Is.EqualTo(AttemptClass.Unknown));
            Assert.That(AttemptClassifier.ClassOf(new HttpRequestException(HttpRequestError.ConnectionError, "wrapped", connect)), Is.EqualTo(AttemptClass.Unknown));
            Assert.That(AttemptClassifier.ClassOf(fatal), Is.EqualTo(AttemptClass.Fatal));
        }
    }

    [Test]
    public void ClassOf_EgressRefused_IsFatalHoweverItIsWrapped()
    {
        var refused = new AmbassadorEgressException("prices", EgressReason.Host, "elsewhere.test", "it is not allowed");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(AttemptClassifier.ClassOf(refused), Is.EqualTo(AttemptClass.Fatal));
            Assert.That(AttemptClassifier.ClassOf(new HttpRequestException(HttpRequestError.ConnectionError, "wrapped", refused)), Is.EqualTo(AttemptClass.Fatal));
        }
    }

    [TestCaseSource(nameof(Others))]
    public void ClassOf_AnyOther_IsUnknownOnlyWhereTheNetworkIsInside(Exception exception, AttemptClass expected) =>
        Assert.That(AttemptClassifier.ClassOf(exception), Is.EqualTo(expected));

    [TestCase(AttemptClass.Success, 200, HealthEffect.Success)]
    [TestCase(AttemptClass.Failed, 500, HealthEffect.Failure)]
    [TestCase(AttemptClass.Throttled, 429, HealthEffect.Neutral)]
    [TestCase(AttemptClass.Throttled, 503, HealthEffect.Failure)]
    public void Effect_Response_IsByItsClass(AttemptClass expectedClass, int status, HealthEffect expected)
    {
        using var response = ScriptedHandler.Response(status, retryAfter: status == 500 ? null : "1");

        var outcome = AttemptOutcome.Of(response, isRead: true, TimeSpan.FromSeconds(1));

        Assert.That((outcome.Class, outcome.Effect), Is.EqualTo((expectedClass, expected)));
    }

    [TestCase(AttemptClass.Unsent, HealthEffect.Failure)]
    [TestCase(AttemptClass.Unknown, HealthEffect.Failure)]
    [TestCase(AttemptClass.Throttled, HealthEffect.Neutral)]
    [TestCase(AttemptClass.Fatal, HealthEffect.Neutral)]
    [TestCase(AttemptClass.Cancelled, HealthEffect.Neutral)]
    public void Effect_Exception_IsByItsClass(AttemptClass attemptClass, HealthEffect expected) =>
        Assert.That(AttemptOutcome.Of(attemptClass, new FormatException()).Effect, Is.EqualTo(expected));

    [Test]
    public void Of_PollysOutcome_IsTheSameClassification()
    {
        using var failed = new HttpResponseMessage(HttpStatusCode.BadGateway);
        using var good = new HttpResponseMessage(HttpStatusCode.NotFound);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(AttemptClassification.Of(Outcome.FromResult(failed)), Is.EqualTo(AttemptClass.Failed));
            Assert.That(AttemptClassification.IsTransient(Outcome.FromResult(failed)));
            Assert.That(AttemptClassification.IsTransient(Outcome.FromResult(good)), Is.False);
            Assert.That(AttemptClassification.IsTransient(Outcome.FromException<HttpResponseMessage>(new SocketException())));
            Assert.That(AttemptClassification.IsTransient(Outcome.FromException<HttpResponseMessage>(new FormatException())), Is.False);
        }
    }

    private static IEnumerable<TestCaseData> Others() =>
    [
        new TestCaseData(new IOException(), AttemptClass.Unknown).SetArgDisplayNames("IOException"),
        new TestCaseData(new SocketException(), AttemptClass.Unknown).SetArgDisplayNames("SocketException"),
        new TestCaseData(new InvalidOperationException("x", new IOException()), AttemptClass.Unknown).SetArgDisplayNames("IOException inside"),
        new TestCaseData(new HttpRequestException("x", new SocketException()), AttemptClass.Unknown).SetArgDisplayNames("SocketException inside"),
        new TestCaseData(new AggregateException(new FormatException(), new IOException()), AttemptClass.Unknown).SetArgDisplayNames("IOException beside another"),
        new TestCaseData(new FormatException(), AttemptClass.Fatal).SetArgDisplayNames("FormatException"),
        new TestCaseData(new ObjectDisposedException("x"), AttemptClass.Fatal).SetArgDisplayNames("ObjectDisposedException"),
        new TestCaseData(new HttpRequestException("x"), AttemptClass.Fatal).SetArgDisplayNames("HttpRequestException without more"),
        new TestCaseData(new HttpRequestException("x", new FormatException()), AttemptClass.Fatal).SetArgDisplayNames("FormatException inside"),
        new TestCaseData(new TimeoutException(), AttemptClass.Fatal).SetArgDisplayNames("TimeoutException"),
    ];

    private static AttemptClass Expected(int status, bool withRetryAfter) => status switch
    {
        429 => AttemptClass.Throttled,
        503 when withRetryAfter => AttemptClass.Throttled,
        501 or 505 or 506 or 507 or 508 or 510 or 511 => AttemptClass.Success,
        408 or (>= 500 and < 600) => AttemptClass.Failed,
        _ => AttemptClass.Success,
    };
}
