namespace SidecarPatterns.Tests;

/// <summary>How often a request is sent if each attempt ends the same way: the specification as a table, and nothing of the library's.</summary>
internal static class SendOracle
{
    private const int MaxAttempts = 3;

    public static int Sends(HttpMethod method, FailureKind failure, ContentKind content)
    {
        if (failure is FailureKind.Answered or FailureKind.Fatal or FailureKind.Cancelled)
        {
            return 1;
        }

        var isIdempotent = method.Method is "GET" or "HEAD" or "OPTIONS" or "TRACE" or "PUT" or "DELETE";
        var isUnsent = failure is FailureKind.Unsent or FailureKind.UnsentAfterContent;
        if (!isIdempotent && !isUnsent)
        {
            return 1;
        }

        return CanBeSentAgain(content, isIdempotent) || failure == FailureKind.Unsent ? MaxAttempts : 1;
    }

    private static bool CanBeSentAgain(ContentKind content, bool isIdempotent) => content switch
    {
        ContentKind.SmallOneShot => isIdempotent, // Then it is kept before the first attempt.
        ContentKind.JsonOfAsyncSequence or ContentKind.OneShotOfUnknownLength => false,
        ContentKind.MultipartOfAsyncSequence or ContentKind.MultipartOfOneShotOfUnknownLength => false,
        ContentKind.MultipartOfSmallOneShot => isIdempotent, // Its length is known, since that of each part is.
        _ => true,
    };
}
