using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;

namespace SidecarPatterns;

/// <content>Where the configuration comes from: one of these.</content>
public sealed partial class ConfigurationAgentOptions
{
    private DocumentOrigin? _origin;

    /// <summary>Takes the configuration from a repository that answers with JSON, through an ambassador.</summary>
    /// <param name="address">The address that is asked with GET. It may hold a secret: no more than its host is ever shown.</param>
    /// <param name="ambassador">
    /// Changes the ambassador's options, after the configuration section <c>Ambassadors:configuration-agent</c> was bound: time limits, retries, credentials,
    /// endpoints.
    /// </param>
    /// <returns>The same options.</returns>
    /// <remarks>
    /// The first version is asked for by an ambassador of its own, since there is no container yet: a credential stands in the configuration, or in
    /// <paramref name="ambassador"/>. A repository that sends an <c>ETag</c> is asked with <c>If-None-Match</c>, and answers 304 as long as nothing has
    /// changed. One that is busy may say <c>Retry-After</c>.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="address"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="address"/> is not absolute, has another scheme than <c>http</c> or <c>https</c>, or has user info.
    /// </exception>
    /// <exception cref="InvalidOperationException">There is a source already.</exception>
    public ConfigurationAgentOptions FromHttp(Uri address, Action<AmbassadorOptions>? ambassador = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.IsAbsoluteUri && address.Scheme is "http" or "https" && address.UserInfo.Length == 0
            ? From(new HttpOrigin(address, ambassador))
            : throw new ArgumentException("The address of a repository is an absolute one with http or https, without user info.", nameof(address));
    }

    /// <summary>Takes the configuration from a file of JSON; it may be a symbolic link, as of a mounted <c>ConfigMap</c>.</summary>
    /// <param name="path">The file. Relative to the application's content root.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="path"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">There is a source already.</exception>
    public ConfigurationAgentOptions FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return From(new FileOrigin(path, isFolder: false));
    }

    /// <summary>
    /// Takes the configuration from the files of a folder, such as a mounted <c>ConfigMap</c> or <c>Secret</c>: those that end in <c>.json</c> are read as
    /// JSON, each other one is a key, with <c>__</c> in its name for <c>:</c>, and its content the value, without a line break at its end. A key may stand in
    /// one file alone.
    /// </summary>
    /// <param name="path">The folder. Relative to the application's content root. Folders in it, and names that begin with a dot, are passed over.</param>
    /// <returns>The same options.</returns>
    /// <remarks>
    /// A version is never mixed of two: where there is the link <c>..data</c> of a mount, everything is read from the folder that it leads to, and once more
    /// if it leads elsewhere afterwards; without it, once more if a file was written meanwhile.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="path"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">There is a source already.</exception>
    public ConfigurationAgentOptions FromFolder(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return From(new FileOrigin(path, isFolder: true));
    }

    /// <summary>
    /// Takes the configuration from a source of your own, which writes a whole version whenever there is a new one, the first as soon as it can.
    /// </summary>
    /// <typeparam name="TSource">The source. It runs as a sidecar of its own, <c>&lt;name&gt;.source</c>.</typeparam>
    /// <returns>The same options.</returns>
    /// <remarks>
    /// For the first version one is made inside the registration, where there is no container yet, and ended once it has written one: its constructor is
    /// given an <see cref="IConfiguration"/>, an <c>IHostEnvironment</c>, loggers that write nothing, and the clock. One that needs more is an error, unless
    /// <see cref="Optional"/> is set.
    /// </remarks>
    /// <exception cref="InvalidOperationException">There is a source already.</exception>
    public ConfigurationAgentOptions From<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TSource>()
        where TSource : class, ISidecarSource<ConfigurationDocument> =>
        From(new OwnOrigin<TSource>());

    internal DocumentOrigin GetOrigin() => _origin ?? throw new InvalidOperationException(
        $"A configuration agent needs a source: {nameof(FromHttp)}, {nameof(FromFile)}, {nameof(FromFolder)} or {nameof(From)}.");

    private ConfigurationAgentOptions From(DocumentOrigin origin)
    {
        _origin = _origin is null
            ? origin
            : throw new InvalidOperationException("A configuration agent has one source: add another agent, under another name, for a second one.");
        return this;
    }
}
