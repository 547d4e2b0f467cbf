using System.Net;

namespace SidecarPatterns;

/// <summary>Which responses are followed, and with what (RFC 9110, section 15.4; the Fetch standard for the change of methods).</summary>
internal static class RedirectRule
{
    public static bool IsRedirect(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
            or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect
        && response.Headers.Location is not null;

    /// <summary>Where a redirect leads; <see langword="null"/> where it is not to be followed.</summary>
    public static Uri? TargetOf(Uri from, HttpResponseMessage response)
    {
        if (AddressOf(from, response) is not { UserInfo: "" } target)
        {
            return null;
        }

        // RFC 9110, section 10.2.2: the fragment goes with the request, unless the target has its own.
        return from.Fragment.Length > 0 && target.Fragment.Length == 0 ? new UriBuilder(target) { Fragment = from.Fragment }.Uri : target;
    }

    /// <summary>
    /// The address that a redirect names; <see langword="null"/> where it is none, has another scheme, or leads from a secure one to one that is not.
    /// </summary>
    public static Uri? AddressOf(Uri from, HttpResponseMessage response)
    {
        var target = response.Headers.Location!;
        if (!target.IsAbsoluteUri && !Uri.TryCreate(from, target, out target))
        {
            return null;
        }

        return SchemeRule.IsSecure(target.Scheme) is { } isSecure && (isSecure || SchemeRule.IsSecure(from.Scheme) != true) && HasHost(target) ? target : null;
    }

    /// <summary>The method with which a redirect is followed.</summary>
    public static HttpMethod MethodOf(HttpMethod method, HttpStatusCode status) => status switch
    {
        HttpStatusCode.MovedPermanently or HttpStatusCode.Found when method == HttpMethod.Post => HttpMethod.Get,
        HttpStatusCode.SeeOther when method != HttpMethod.Get && method != HttpMethod.Head => HttpMethod.Get,
        _ => method,
    };

    public static bool IsSameOrigin(Uri one, Uri other) =>
        SchemeRule.IsSame(one.Scheme, other.Scheme) && one.Port == other.Port && string.Equals(one.IdnHost, other.IdnHost, StringComparison.OrdinalIgnoreCase);

    // Where there are other signs than ASCII, it is not before the host is asked for that it turns out to be none.
    private static bool HasHost(Uri uri)
    {
        try
        {
            return uri.IdnHost.Length > 0;
        }
        catch (UriFormatException)
        {
            return false;
        }
    }
}
