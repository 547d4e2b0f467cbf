using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>What is known of a type of states.</summary>
/// <remarks>
/// Log methods that are generated, or made by <see cref="LoggerMessage"/>, with up to six values have a state that is a structure of the framework's, with the
/// values in it. A copy of it can be read by the sink, as long as the values themselves do not change. Of any other state nobody knows what it holds, or for
/// how long: it is read at once.
/// </remarks>
internal static class LogState<TState>
{
    /// <summary>Whether a copy of a state says the same whenever it is asked.</summary>
    public static readonly bool IsUnchanging =
        typeof(TState).IsValueType && typeof(TState).DeclaringType == typeof(LoggerMessage)
        && Array.TrueForAll(typeof(TState).GenericTypeArguments, LogValue.IsUnchanging);

    /// <summary>
    /// Whether a state is the headers of a request or a response, as <c>IHttpClientFactory</c> logs them at Trace: its text has them redacted, and its values
    /// are the headers themselves, keys and tokens among them.
    /// </summary>
    public static readonly bool HoldsHeaders = typeof(TState).FullName == "Microsoft.Extensions.Http.Logging.HttpHeadersLogValue";
}
