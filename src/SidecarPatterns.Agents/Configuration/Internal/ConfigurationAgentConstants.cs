namespace SidecarPatterns;

/// <summary>The defaults and limits of <see cref="ConfigurationAgentOptions"/>, in one place.</summary>
internal static class ConfigurationAgentConstants
{
    private const string SectionName = "Configuration";

    public const double Jitter = 0.1;
    public const int MaxSize = 16 * 1024 * 1024;
    public const int MinMaxSize = 1024;
    public const int MaxMaxSize = 1024 * 1024 * 1024;

    /// <summary>
    /// How many characters keys and values may have for each byte that a version may have: a long path is written out for every key below it.
    /// </summary>
    public const int CharactersPerByte = 4;

    /// <summary>How deep objects and arrays of a document may be nested, as <c>AddJsonFile</c> has it.</summary>
    public const int MaxDepth = 64;

    /// <summary>How many keys a log line names.</summary>
    public const int NamedKeys = 10;

    /// <summary>How long a name is that a source has given a version, before it is cut.</summary>
    public const int MaxRevision = 256;

    /// <summary>How often a file is read anew that is written while it is read.</summary>
    public const int MaxReadings = 20;

    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan MaxInterval = TimeSpan.FromDays(1);
    public static readonly TimeSpan MinLongPoll = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan MaxLongPoll = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan StartupTimeout = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan MaxStartupTimeout = TimeSpan.FromHours(1);
    public static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(250);
    public static readonly TimeSpan MaxSettleTime = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The wait between two looks while the application starts, and the least time from one look to the next where a repository holds requests.
    /// </summary>
    public static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    /// <summary>The longest <c>Retry-After</c> that is believed.</summary>
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(1);

    /// <summary>How old the time at which a file was written must be to tell one writing from the next: file systems count it in steps.</summary>
    public static readonly TimeSpan FileTimeStep = TimeSpan.FromSeconds(2);

    /// <summary>How long a source of the user's own may take to end once it has given the first version.</summary>
    public static readonly TimeSpan EndGrace = TimeSpan.FromSeconds(1);

    /// <summary>How long a file without a length may take to open.</summary>
    public static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(1);

    /// <summary>The section of the agent of a name.</summary>
    public static string SectionOf(string name) => $"{AgentSections.Root}:{SectionNameOf(name)}";

    /// <summary>Its name below that of all agents.</summary>
    public static string SectionNameOf(string name) => name == AgentNames.Configuration ? SectionName : name;
}
