using System.Net.Sockets;
using System.Security.Authentication;
using Polly;
using Polly.Timeout;

namespace SidecarPatterns;

/// <summary>The one classification: how an attempt ended, as all stages see it.</summary>
internal static class AttemptClassifier
{
    private const long Http2RefusedStream = 0x7;
    private const long Http2EnhanceYourCalm = 0xB;
    private const long Http3RequestRejected = 0x10B;
    private const string SentKey = "ambassador.sent";

    /// <summary>Whether another attempt could end better.</summary>
    public static bool IsTransient(AttemptClass attemptClass) =>
        attemptClass is AttemptClass.Unsent or AttemptClass.Unknown or AttemptClass.Failed or AttemptClass.Throttled;

    /// <summary>The class of a response.</summary>
    public static AttemptClass ClassOf(HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        if (status is (< 500 or >= 600) and not 408 and not 429)
        {
            return AttemptClass.Success;
        }

        return status switch
        {
            429 => AttemptClass.Throttled,
            503 when response.Headers.NonValidated.Contains("Retry-After") => AttemptClass.Throttled,
            501 or 505 or 506 or 507 or 508 or 510 or 511 => AttemptClass.Success,
            _ => AttemptClass.Failed,
        };
    }

    /// <summary>The class of what an attempt threw that neither its caller nor a time limit of ours explains.</summary>
    public static AttemptClass ClassOf(Exception exception) =>
        ClassByKind(exception) is var attemptClass && attemptClass == AttemptClass.Unsent && IsMarkedSent(exception) ? AttemptClass.Unknown : attemptClass;

    /// <summary>
    /// Marks an exception that looks as if nothing had been sent, although something may have been: a pipeline of the user's, or another ambassador around
    /// this one, would send it again.
    /// </summary>
    public static void MarkSent(Exception exception) => exception.Data[SentKey] = true;

    private static bool IsMarkedSent(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception.Data.Contains(SentKey))
            {
                return true;
            }
        }

        return false;
    }

    private static AttemptClass ClassByKind(Exception exception)
    {
        if (AmbassadorEgressException.In(exception) is not null)
        {
            return AttemptClass.Fatal; // Although it may be wrapped as a connection that failed.
        }

        if (exception is OperationCanceledException)
        {
            // The primary handler's own limit for connecting says so by what is inside.
            return exception.InnerException is TimeoutException ? AttemptClass.Unsent : AttemptClass.Unknown;
        }

        if (exception is ExecutionRejectedException)
        {
            // A pipeline of the user's around the attempt: either its time was over, or it was not sent at all.
            return IsRefusedLocally(exception) ? AttemptClass.Unsent : AttemptClass.Unknown;
        }

        if (FindProtocolError(exception) is { } protocolError)
        {
            return protocolError switch
            {
                Http2RefusedStream or Http3RequestRejected => AttemptClass.Unsent,
                Http2EnhanceYourCalm => AttemptClass.Throttled,
                _ => AttemptClass.Unknown,
            };
        }

        return exception is HttpRequestException or HttpIOException ? ClassOfHttp(exception)
            : HasNetworkCause(exception) ? AttemptClass.Unknown
            : AttemptClass.Fatal;
    }

    /// <summary>Whether the attempt did not get as far as the endpoint: a circuit breaker or a limiter of the user's, around the attempt, refused it.</summary>
    public static bool IsRefusedLocally(Exception? exception) => exception is ExecutionRejectedException and not TimeoutRejectedException;

    /// <summary>Whether what is fatal still speaks of the endpoint: a bad certificate, a name that does not exist.</summary>
    public static bool BlamesEndpoint(Exception exception) =>
        exception is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError or HttpRequestError.NameResolutionError };

    private static AttemptClass ClassOfHttp(Exception exception)
    {
        var error = exception is HttpRequestException request ? request.HttpRequestError : ((HttpIOException)exception).HttpRequestError;
        return error switch
        {
            HttpRequestError.ConnectionError or HttpRequestError.ProxyTunnelError => AttemptClass.Unsent,
            HttpRequestError.NameResolutionError => IsTemporary(exception) ? AttemptClass.Unsent : AttemptClass.Fatal,
            HttpRequestError.SecureConnectionError => Find<AuthenticationException>(exception) is null ? AttemptClass.Unsent : AttemptClass.Fatal,
            HttpRequestError.ConfigurationLimitExceeded or HttpRequestError.VersionNegotiationError or HttpRequestError.UserAuthenticationError =>
                AttemptClass.Fatal,
            HttpRequestError.ResponseEnded or HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError => AttemptClass.Unknown,
            _ => HasNetworkCause(exception) ? AttemptClass.Unknown : AttemptClass.Fatal,
        };
    }

    private static long? FindProtocolError(Exception exception) => Find<HttpProtocolException>(exception)?.ErrorCode;

    private static bool IsTemporary(Exception exception) => Find<SocketException>(exception) is { SocketErrorCode: SocketError.TryAgain };

    private static bool HasNetworkCause(Exception exception) => Find<IOException>(exception) is not null || Find<SocketException>(exception) is not null;

    private static T? Find<T>(Exception? exception)
        where T : Exception => exception switch
        {
            null => null,
            T found => found,
            AggregateException several => several.InnerExceptions.Select(Find<T>).FirstOrDefault(static found => found is not null),
            _ => Find<T>(exception.InnerException),
        };
}
