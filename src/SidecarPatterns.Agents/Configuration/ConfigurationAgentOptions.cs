namespace SidecarPatterns;

/// <summary>The settings of a configuration agent, and where its configuration comes from.</summary>
/// <remarks>
/// Bound from the configuration section <c>Agents:Configuration</c> (<c>Agents:&lt;name&gt;</c> for one with a name of its own), then changed by the callback
/// of the registration, then checked: a wrong value is an error that names the key, the value and what is allowed. Properties take effect when the
/// configuration changes, also by a version of the agent's own; a wrong value changes nothing then, and is told of. The source and the validators are those
/// of the registration.
/// </remarks>
public sealed partial class ConfigurationAgentOptions
{
    /// <summary>How often a version is looked for; a change of a file is seen at once as a rule, and at the latest then.</summary>
    /// <value>30 s by default; from 1 s to a day.</value>
    public TimeSpan Interval { get; set; } = ConfigurationAgentConstants.Interval;

    /// <summary>The part of <see cref="Interval"/> by which it differs by chance, so that many instances do not ask at the same moment.</summary>
    /// <value>0.1 by default; from 0 to 1.</value>
    public double Jitter { get; set; } = ConfigurationAgentConstants.Jitter;

    /// <summary>For how long a repository is asked to hold a request until there is a new version, by <c>Prefer: wait=SECONDS</c> (RFC 7240).</summary>
    /// <value>
    /// <see langword="null"/> by default: it is not asked to. From 1 s to 10 min. One that does says <c>Preference-Applied: wait</c>, and is then asked again
    /// at once; otherwise <see cref="Interval"/> counts.
    /// </value>
    public TimeSpan? LongPoll { get; set; }

    /// <summary>How long the start of the application waits for the first version.</summary>
    /// <value>
    /// 30 s by default; more than zero, at most an hour. A repository that does not answer is asked again until then, unless there is a copy on disk.
    /// </value>
    public TimeSpan StartupTimeout { get; set; } = ConfigurationAgentConstants.StartupTimeout;

    /// <summary>Whether the application starts without a first version, and without a copy of one, and gets it later.</summary>
    /// <value><see langword="false"/> by default: it does not start.</value>
    public bool Optional { get; set; }

    /// <summary>
    /// The file that holds a copy of the last version that was adopted, to start from when the source has none. It has everything in it that the version has,
    /// secrets too, and so can be read by its owner alone.
    /// </summary>
    /// <value><see langword="null"/> by default: none. Relative to the application's content root. Its folder is made if it is missing.</value>
    public string? CopyFile { get; set; }

    /// <summary>
    /// How many bytes a version has at most, decompressed; its keys, written out in full, and its values have at most four characters for each of them.
    /// </summary>
    /// <value>16,777,216 by default (16 MiB); from 1,024 to 1,073,741,824.</value>
    public int MaxSize { get; set; } = ConfigurationAgentConstants.MaxSize;

    /// <summary>Whether a repository may call JSON something else than <c>application/json</c>, <c>text/json</c> or <c>application/...+json</c>.</summary>
    /// <value><see langword="false"/> by default: what else it sends is refused, such as the page of a proxy.</value>
    public bool AnyContentType { get; set; }

    /// <summary>How long a file that was changed must have been left alone before it is read; not for files that are replaced by a symbolic link.</summary>
    /// <value>250 ms by default; from zero to 10 s.</value>
    public TimeSpan SettleTime { get; set; } = ConfigurationAgentConstants.SettleTime;

    /// <summary>
    /// Keys whose values are secret, without regard to case, with everything below them; <c>*</c> stands for any characters. Beside these: keys with a part
    /// in which <c>password</c>, <c>secret</c>, <c>token</c>, <c>apikey</c>, <c>privatekey</c>, <c>credential</c> or <c>connectionstring</c> occurs.
    /// </summary>
    /// <value>
    /// Empty by default. The agent never shows a value by itself; but a validator's or a binder's message may, and one in which a secret value occurs is
    /// withheld.
    /// </value>
    public IList<string> Secrets { get; } = [];
}
