namespace SidecarPatterns;

/// <summary>What an agent shows of itself: the version in force, and the account of its looks. Thread-safe.</summary>
/// <param name="name">The name of the agent.</param>
/// <param name="source">What its source is, for people.</param>
internal sealed class AgentAccount(string name, string source)
{
    private readonly Lock _lock = new();
    private ConfigurationAgentSnapshot _shown = new() { Name = name, Source = source };
    private KeyTable _table = KeyTable.Empty; // Of the version that is shown.

    /// <summary>All of it but the hash, which is found out when somebody asks.</summary>
    public ConfigurationAgentSnapshot Shown
    {
        get
        {
            lock (_lock)
            {
                return _shown;
            }
        }
    }

    /// <summary>All of it.</summary>
    /// <param name="secrets">Whose values are left out of the hash.</param>
    public ConfigurationAgentSnapshot Read(SecretKeys secrets)
    {
        lock (_lock)
        {
            if (_shown is { Version: > 0, Hash: null })
            {
                _shown = _shown with { Hash = _table.ComputeHash(secrets.Contains) };
            }

            return _shown;
        }
    }

    /// <summary>Another version is in force.</summary>
    public void BeginVersion(KeyTable table, string? revision, bool isCopy, DateTimeOffset time)
    {
        lock (_lock)
        {
            _table = table;
            _shown = _shown with
            {
                Version = _shown.Version + 1,
                Revision = revision,
                Hash = null,
                Time = time,
                Keys = table.Count,
                IsCopy = isCopy,
            };
        }
    }

    /// <summary>The source has the version in force, maybe under another name.</summary>
    public void Confirm(string? revision)
    {
        lock (_lock)
        {
            _shown = _shown with { Revision = revision, IsCopy = false };
        }
    }

    /// <summary>A look has ended.</summary>
    public void Count(LookEnd end, string? problem, DateTimeOffset now)
    {
        lock (_lock)
        {
            _shown = _shown with
            {
                Looks = _shown.Looks + 1,
                Adopted = _shown.Adopted + (end == LookEnd.Adopted ? 1 : 0),
                Unchanged = _shown.Unchanged + (end == LookEnd.Unchanged ? 1 : 0),
                Refused = _shown.Refused + (end == LookEnd.Refused ? 1 : 0),
                Failed = _shown.Failed + (end == LookEnd.Failed ? 1 : 0),
                IsCurrent = problem is null,
                LastLook = now,
                LastError = problem ?? _shown.LastError,
                LastErrorTime = problem is null ? _shown.LastErrorTime : now,
            };
        }
    }

    /// <summary>The copy on disk was written, or not.</summary>
    /// <returns>Whether that is news.</returns>
    public bool SetCopyError(string? problem)
    {
        lock (_lock)
        {
            var isNews = problem != _shown.CopyError;
            _shown = _shown with { CopyError = problem };
            return isNews;
        }
    }
}
