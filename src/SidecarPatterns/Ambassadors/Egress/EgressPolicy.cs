using System.Net;
using System.Text;

namespace SidecarPatterns;

/// <summary>The rules of egress, made of the options once. Immutable.</summary>
/// <remarks>
/// What nearly every call has, an address below one that the options name, is found by comparing the beginning of its text: that costs a few nanoseconds.
/// </remarks>
internal sealed class EgressPolicy
{
    private const string AuthorityEnds = "/?#";

    private readonly string[] _origins;
    private readonly HostRules _hosts;

    private EgressPolicy(AmbassadorOptions options)
    {
        var egress = options.Egress;
        IsPublic = egress.Profile == EgressProfile.Public;
        UsesAllowed = egress.MixedAddresses == MixedAddresses.UseAllowed;
        ReturnsRedirects = egress.ReturnRefusedRedirects;
        Judge = new AddressJudge(IsPublic, Ranges(egress.AllowedAddresses), Ranges(egress.DeniedAddresses));
        var listed = egress.AllowedHosts.Select(static text => HostRule.TryParse(text, out var rule) ? rule : throw new FormatException(text)).ToList();
        var configured = OwnAddresses.Of(options).ToList();
        _hosts = new HostRules([.. configured.Select(HostRule.Of), .. listed], allowsAny: listed.Count == 0 && (IsPublic || configured.Count == 0));
        _origins = [.. configured.Where(address => FindAddressRefusal(address) is null).Select(static address => address.GetLeftPart(UriPartial.Authority))];
    }

    /// <summary>Whether only public addresses may be called.</summary>
    public bool IsPublic { get; }

    /// <summary>Whether any host may be.</summary>
    public bool AllowsAnyHost => _hosts.AllowsAny;

    /// <summary>Whether of mixed addresses those are dialled that are allowed.</summary>
    public bool UsesAllowed { get; }

    /// <summary>Whether a redirect that is refused is returned.</summary>
    public bool ReturnsRedirects { get; }

    public AddressJudge Judge { get; }

    /// <summary>The rules that options make; <see langword="null"/> where nothing is to be checked.</summary>
    public static EgressPolicy? Of(AmbassadorOptions options) => options.Egress.Profile == EgressProfile.Any ? null : new EgressPolicy(options);

    /// <summary>Whether a request could be sent over HTTP/3, of whose connections nobody is asked, and has to be kept from it.</summary>
    public static bool MayUseHttp3(HttpRequestMessage request) =>
        request.Version.Major >= 3 || request.VersionPolicy == HttpVersionPolicy.RequestVersionOrHigher;

    /// <summary>Keeps a request to HTTP/2: it may use less where it did, and more, which <c>Alt-Svc</c> would lead to, in no case.</summary>
    public static void KeepFromHttp3(HttpRequestMessage request)
    {
        if (request.Version.Major >= 3)
        {
            (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionOrLower);
        }
        else if (request.VersionPolicy == HttpVersionPolicy.RequestVersionOrHigher)
        {
            request.VersionPolicy = request.Version.Major == 2 ? HttpVersionPolicy.RequestVersionExact : HttpVersionPolicy.RequestVersionOrLower;
            request.Version = HttpVersion.Version20;
        }
    }

    /// <summary>Finds what a request is refused for before anything else is done.</summary>
    public EgressRefusal? FindRefusal(HttpRequestMessage request)
    {
        // A relative address is completed below, or fails there; what is connected to is judged in any case.
        if (request.RequestUri is not { IsAbsoluteUri: true } uri)
        {
            return null;
        }

        if (!IsPlain(uri.OriginalString) && FindRefusal(uri) is { } refusal)
        {
            return refusal;
        }

        return FindVersionRefusal(request)
            ?? (RequestParts.HeadersOf(request) is { } headers && headers.NonValidated.TryGetValues("Host", out var values) ? FindRefusal(uri, values) : null);
    }

    /// <summary>Those of a name's addresses that may be dialled.</summary>
    /// <exception cref="AmbassadorEgressException">None may, or some may not, which is not to be passed over.</exception>
    public IPAddress[] FindAllowed(string ambassador, string host, IPAddress[] addresses)
    {
        AddressRange? refusal = null;
        var allowed = Array.FindAll(addresses, address =>
        {
            var range = Judge.FindRefusal(address);
            refusal ??= range;
            return range is null;
        });
        return refusal is null || (UsesAllowed && allowed.Length > 0)
            ? allowed
            : throw new AmbassadorEgressException(ambassador, allowed.Length == 0 ? EgressReason.Address : EgressReason.MixedAddresses, host, refusal.Rule);
    }

    /// <summary>Finds what a request is refused for that asks for HTTP/3 and nothing less.</summary>
    public static EgressRefusal? FindVersionRefusal(HttpRequestMessage request) =>
        request.Version.Major >= 3 && request.VersionPolicy != HttpVersionPolicy.RequestVersionOrLower
            ? new EgressRefusal(EgressReason.Version, request.RequestUri!.IdnHost, "HTTP/3 connects without asking, so that no address can be judged")
            : null;

    /// <summary>Finds what an address is refused for whose host is an address already, and no name.</summary>
    public EgressRefusal? FindAddressRefusal(Uri uri) => FindRefusal(uri.IdnHost, EgressReason.Address, uri.IdnHost);

    /// <summary>Finds what an address is refused for that is connected to as it is.</summary>
    public EgressRefusal? FindRefusal(IPAddress address) =>
        Judge.FindRefusal(address) is { } range ? new EgressRefusal(EgressReason.Address, address.ToString(), range.Rule) : null;

    /// <summary>Finds what an address is refused for, as far as its text goes.</summary>
    public EgressRefusal? FindRefusal(Uri uri)
    {
        try
        {
            return FindRefusalOfParts(uri);
        }
        catch (UriFormatException)
        {
            // Where there are other signs than ASCII, it is not before its parts are asked for that an address turns out to be none.
            return new EgressRefusal(EgressReason.Host, "", "its address can not be read");
        }
    }

    private EgressRefusal? FindRefusalOfParts(Uri uri)
    {
        if (uri.UserInfo.Length > 0)
        {
            return new EgressRefusal(EgressReason.UserInfo, uri.IdnHost, "its address has user info");
        }

        if (_hosts.FindRefusal(uri.Scheme, uri.IdnHost, uri.Port < 0 ? null : uri.Port) is { } reason)
        {
            return new EgressRefusal(reason, uri.IdnHost, reason == EgressReason.Scheme
                ? $"the scheme '{uri.Scheme}' is not allowed for it"
                : "neither the configured addresses nor Egress:AllowedHosts have this host and port");
        }

        return FindAddressRefusal(uri);
    }

    /// <summary>A <c>Host</c> header is what a server, or one in front of it, takes for the address: it has to be an allowed one too.</summary>
    private EgressRefusal? FindRefusal(Uri uri, System.Net.Http.Headers.HeaderStringValues values)
    {
        foreach (var value in values)
        {
            if (!HostRule.TryReadAuthority(uri.Scheme, value, out var host, out var port, out _)
                || _hosts.FindRefusal(uri.Scheme, host, port) is not null)
            {
                return new EgressRefusal(EgressReason.HostHeader, uri.IdnHost, "its Host header names another host, which is not allowed");
            }

            if (FindRefusal(host, EgressReason.HostHeader, uri.IdnHost) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }

    // A proxy would be asked for it without anybody judging, so what is an address already is judged here too.
    private EgressRefusal? FindRefusal(string host, EgressReason reason, string called) =>
        IPAddress.TryParse(HostRule.NameOf(host), out var address) && Judge.FindRefusal(address) is { } range
            ? new EgressRefusal(reason, called, range.Rule)
            : null;

    /// <summary>Whether nothing has to be looked at more closely: only what is certain, and everything else is looked at.</summary>
    private bool IsPlain(string text)
    {
        if (AllowsAnyHost)
        {
            // One that is configured with TLS is not called without.
            return IsPlainName(text) && (!_hosts.HasRules || text.StartsWith("https", StringComparison.Ordinal));
        }

        // More would take longer than to look for the host.
        for (var i = 0; i < _origins.Length && i < 4; i++)
        {
            var origin = _origins[i];
            if (text.StartsWith(origin, StringComparison.Ordinal)
                && (text.Length == origin.Length || AuthorityEnds.Contains(text[origin.Length], StringComparison.Ordinal)))
            {
                return true;
            }
        }

        return false;
    }

    // A name, and no address in any notation, all of which begin with a digit, a bracket, or a sign that stands for a digit; and no user info.
    private static bool IsPlainName(string text)
    {
        var name = text.StartsWith("https://", StringComparison.Ordinal) ? 8 : text.StartsWith("http://", StringComparison.Ordinal) ? 7 : text.Length;
        return name < text.Length && char.IsAsciiLetter(text[name]) && !text.Contains('@', StringComparison.Ordinal) && Ascii.IsValid(text);
    }

    private static AddressRange[] Ranges(IEnumerable<string> texts) =>
        [.. texts.Select(static text => AddressRange.TryParse(text, "is denied", out var range) ? range : throw new FormatException(text))];
}
