using System.Net.Http.Headers;
using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>Looks at the options and headers of a request without making it any where it has none.</summary>
/// <remarks>
/// <see cref="HttpRequestMessage.Options"/> and <see cref="HttpRequestMessage.Headers"/> make an object at the first look: some hundred bytes for each call
/// that sets none, which is nearly all of them. So the fields behind them are looked at; where a runtime has none of those names, the properties are.
/// </remarks>
internal static class RequestParts
{
    private static readonly bool HasFields = ProbeFields();

    /// <summary>The options of a request, or <see langword="null"/> if it has none.</summary>
    public static HttpRequestOptions? OptionsOf(HttpRequestMessage request) => HasFields ? OptionsFieldOf(request) : request.Options;

    /// <summary>The headers of a request, or <see langword="null"/> if it has none.</summary>
    public static HttpRequestHeaders? HeadersOf(HttpRequestMessage request) => HasFields ? HeadersFieldOf(request) : request.Headers;

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_options")]
    private static extern ref HttpRequestOptions? OptionsFieldOf(HttpRequestMessage request);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_headers")]
    private static extern ref HttpRequestHeaders? HeadersFieldOf(HttpRequestMessage request);

    private static bool ProbeFields()
    {
        using var request = new HttpRequestMessage();
        var (options, headers) = (request.Options, request.Headers);
        try
        {
            return OptionsFieldOf(request) == options && HeadersFieldOf(request) == headers;
        }
        catch (MissingFieldException)
        {
            return false;
        }
    }
}
