using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns;

/// <summary>Adopts versions or refuses them, and keeps the account. Made by the registration, which has it take the first version; from then on its sidecar drives it.</summary>
/// <remarks>Versions are taken by one at a time, the registration and then the sidecar's incarnation; what a snapshot shows is guarded by a lock.</remarks>
internal sealed partial class ConfigurationAgent : IConfigurationAgent
{
    private readonly Lock _lock = new();
    private readonly AgentSettings _settings;
    private readonly AgentConfigurationProvider _provider;
    private readonly DocumentCheck _check;
    private TimeProvider _clock;

    // Of whoever takes versions.
    private KeyTable _table = KeyTable.Empty;
    private object? _mark;
    private bool _isCopyDue;

    // Guarded by the lock.
    private ConfigurationAgentSnapshot _shown;

    public ConfigurationAgent(AgentStart start, AgentSettings settings, DocumentOrigin origin, AgentConfigurationProvider provider)
    {
        Name = start.Name;
        Environment = start.Builder.Environment;
        Origin = origin;
        SourceName = origin.Describe(Environment);
        _clock = start.Clock;
        _settings = settings;
        _provider = provider;
        _check = new DocumentCheck(settings.Current.GetRules(), provider, start.Builder.Configuration as IConfigurationRoot);
        _shown = new ConfigurationAgentSnapshot { Name = Name, Source = SourceName };
    }

    public string Name { get; }

    public IHostEnvironment Environment { get; }

    public DocumentOrigin Origin { get; }

    /// <summary>What the source is, for people.</summary>
    public string SourceName { get; }

    /// <summary>The options of this time.</summary>
    public ConfigurationAgentOptions Options => _settings.Current;

    private SecretKeys Secrets => new(Options.Secrets);

    public ConfigurationAgentSnapshot GetSnapshot()
    {
        lock (_lock)
        {
            if (_shown is { Version: > 0, Hash: null })
            {
                _shown = _shown with { Hash = _table.ComputeHash(Secrets.Contains) }; // Found out when somebody asks.
            }

            return _shown;
        }
    }

    /// <summary>Adopts a version that the source has given, if it is another one and in order.</summary>
    public Look Take(ConfigurationDocument document)
    {
        KeyTable table;
        KeyChanges changes;
        try
        {
            (table, changes) = Read(document);
        }
        catch (DocumentRefusedException exception)
        {
            return Refuse(exception.Message);
        }
#pragma warning disable CA1031 // The keys of a source of the user's own: whatever throws there, this is no version.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return Refuse(_check.Withhold($"{exception.GetType().Name}: {exception.Message}", "what its source threw", Secrets));
        }

        if (changes.IsNone && _shown.Version > 0)
        {
            return Keep(document);
        }

        Adopt(table, document, isCopy: false, _clock.GetUtcNow());
        Tell(changes);
        return new Look(LookEnd.Adopted);
    }

    /// <summary>Begins with what was read from the copy on disk.</summary>
    /// <param name="copy">The copy.</param>
    /// <param name="sourceProblem">Why the source has no version.</param>
    /// <returns>What is wrong with it; <see langword="null"/> if it is in force.</returns>
    public string? TakeCopy(VersionCopy copy, string sourceProblem)
    {
        try
        {
            var (table, _) = Read(copy.Document);
            Adopt(table, copy.Document, isCopy: true, copy.WrittenAt);
            _atStart += logger => ConfigurationAgentLog.StartedWithCopy(logger, Name, copy.WrittenAt, sourceProblem);
            return null;
        }
        catch (DocumentRefusedException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>Begins without a version.</summary>
    public void BeginWithout(string problem) => _atStart += logger => ConfigurationAgentLog.StartedWithoutVersion(logger, Name, problem);

    /// <summary>The copy on disk, if one is kept.</summary>
    public VersionCopy? ReadCopy(out string? problem)
    {
        problem = null;
        return OpenCopy()?.Read(out problem);
    }

    /// <summary>The source was away.</summary>
    public Look Fail(SourceAwayException exception)
    {
        Count(LookEnd.Failed, exception.Message);
        return new Look(LookEnd.Failed, exception.Message, exception.InnerException) { IsTransient = exception.IsTransient, RetryAfter = exception.RetryAfter };
    }

    private (KeyTable Table, KeyChanges Changes) Read(ConfigurationDocument document)
    {
        var builder = new KeyTableBuilder(_table, (long)ConfigurationAgentConstants.CharactersPerByte * Options.MaxSize);
        document.Fill(builder);
        var read = builder.Build();
        if (!read.Changes.IsNone || _shown.Version == 0)
        {
            _check.ThrowIfWrong(read.Table, Secrets);
        }

        return read;
    }

    private Look Refuse(string problem)
    {
        Count(LookEnd.Refused, problem);
        return new Look(LookEnd.Refused, problem);
    }

    /// <summary>The source has given the version in force once more.</summary>
    private Look Keep(ConfigurationDocument? document)
    {
        lock (_lock)
        {
            if (document is not null)
            {
                _mark = document.Mark;
                _shown = _shown with { Revision = document.Revision, IsCopy = false };
            }
        }

        Count(LookEnd.Unchanged, problem: null);
        return new Look(LookEnd.Unchanged);
    }

    private void Adopt(KeyTable table, ConfigurationDocument document, bool isCopy, DateTimeOffset time)
    {
        lock (_lock)
        {
            (_table, _mark) = (table, document.Mark);
            _shown = _shown with
            {
                Version = _shown.Version + 1,
                Revision = document.Revision,
                Hash = null,
                Time = time,
                Keys = table.Count,
                IsCopy = isCopy,
            };
        }

        if (!isCopy)
        {
            Count(LookEnd.Adopted, problem: null);
            _isCopyDue = true;
        }

        Publish(table);
    }

    /// <summary>Puts a version in force, in one step with one change of the token; who listens is called on this thread.</summary>
    private void Publish(KeyTable table)
    {
        try
        {
            Volatile.Write(ref _tellingThread, System.Environment.CurrentManagedThreadId);
            _provider.Replace(table);
        }
#pragma warning disable CA1031 // Code of whoever listens. All were told, and the version is in force.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            var first = (exception as AggregateException)?.Flatten().InnerException ?? exception;
            var problem = _check.Withhold($"{first.GetType().Name}: {first.Message}", first.GetType().Name, Secrets);
            Log(logger => ConfigurationAgentLog.ListenerFailed(logger, Name, _shown.Version, problem));
        }
        finally
        {
            Volatile.Write(ref _tellingThread, 0);
        }
    }

    private void Count(LookEnd end, string? problem)
    {
        lock (_lock)
        {
            var now = _clock.GetUtcNow();
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

    private CopyOnDisk? OpenCopy() => Options.CopyFile is { } file
        ? new CopyOnDisk(Path.GetFullPath(file, Path.GetFullPath(Environment.ContentRootPath)), Origin.Identify(Environment))
        : null;

    /// <summary>Writes the copy of the version in force, unless it is there.</summary>
    private void WriteCopyIfDue()
    {
        if (!_isCopyDue)
        {
            return;
        }

        string? problem = null;
        try
        {
            OpenCopy()?.Write(_table, _shown.Revision, _clock.GetUtcNow());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = $"{exception.GetType().Name}: {exception.Message}"; // It names the file.
        }

        _isCopyDue = problem is not null;
        var isNews = problem is not null && problem != _shown.CopyError;
        lock (_lock)
        {
            _shown = _shown with { CopyError = problem };
        }

        if (isNews)
        {
            Log(logger => ConfigurationAgentLog.CopyNotWritten(logger, Name, problem!));
        }
    }
}
