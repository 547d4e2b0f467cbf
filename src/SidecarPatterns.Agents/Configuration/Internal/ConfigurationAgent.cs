using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns;

/// <summary>Adopts versions or refuses them. Made by the registration, which has it take the first one; from then on its sidecar drives it.</summary>
/// <remarks>Versions are taken by one at a time, the registration and then the incarnation of the sidecar; what a snapshot shows is the account's.</remarks>
internal sealed partial class ConfigurationAgent : IConfigurationAgent
{
    private readonly AgentSettings _settings;
    private readonly AgentConfigurationProvider _provider;
    private readonly DocumentCheck _check;
    private readonly AgentAccount _account;
    private readonly LookRequests _requests;
    private TimeProvider _clock;

    // Of whoever takes versions.
    private KeyTable _table = KeyTable.Empty;
    private object? _mark;
    private bool _isCopyDue;
    private string? _copiedTo;

    private int _tellingThread;

    public ConfigurationAgent(AgentStart start, AgentSettings settings, AgentConfigurationProvider provider)
    {
        Name = start.Name;
        Environment = start.Builder.Environment;
        SourceName = settings.Origin.Describe(Environment);
        _clock = start.Clock;
        _settings = settings;
        _provider = provider;
        _check = new DocumentCheck(settings.Current.GetRules(), provider, start.Builder.Configuration as IConfigurationRoot);
        _account = new AgentAccount(Name, SourceName);
        _requests = new LookRequests(Name);
    }

    public string Name { get; }

    public IHostEnvironment Environment { get; }

    public DocumentOrigin Origin => _settings.Origin;

    /// <summary>What the source is, for people.</summary>
    public string SourceName { get; }

    /// <summary>The options of this time.</summary>
    public ConfigurationAgentOptions Options => _settings.Current;

    private SecretKeys Secrets => new(Options.Secrets);

    private long Version => _account.Shown.Version;

    public ConfigurationAgentSnapshot GetSnapshot() => _account.Read(Secrets);

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

        if (changes.IsNone && Version > 0)
        {
            _mark = document.Mark;
            _account.Confirm(document.Revision);
            return Keep();
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
            Log(logger => ConfigurationAgentLog.StartedWithCopy(logger, Name, copy.WrittenAt, sourceProblem));
            return null;
        }
        catch (DocumentRefusedException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>An exception, unless somebody else's message in it tells a secret.</summary>
    public Exception? WithoutSecret(Exception? cause) => cause is not null && _check.IsToldIn(cause.ToString(), Secrets) ? null : cause;

    /// <summary>The source was away.</summary>
    public Look Fail(SourceAwayException exception)
    {
        _account.Count(LookEnd.Failed, exception.Message, _clock.GetUtcNow());
        return new Look(LookEnd.Failed, exception.Message, exception.InnerException) { IsTransient = exception.IsTransient, RetryAfter = exception.RetryAfter };
    }

    private (KeyTable Table, KeyChanges Changes) Read(ConfigurationDocument document)
    {
        var builder = new KeyTableBuilder(_table, (long)ConfigurationAgentConstants.CharactersPerByte * Options.MaxSize);
        document.Fill(builder);
        var read = builder.Build();
        if (!read.Changes.IsNone || Version == 0)
        {
            _check.ThrowIfWrong(read.Table, Secrets);
        }

        return read;
    }

    private Look Refuse(string problem)
    {
        _account.Count(LookEnd.Refused, problem, _clock.GetUtcNow());
        return new Look(LookEnd.Refused, problem);
    }

    /// <summary>The source has the version in force.</summary>
    private Look Keep()
    {
        _account.Count(LookEnd.Unchanged, problem: null, _clock.GetUtcNow());
        return new Look(LookEnd.Unchanged);
    }

    /// <summary>Puts a version in force, in one step with one change of the token; who listens is called on this thread.</summary>
    private void Adopt(KeyTable table, ConfigurationDocument document, bool isCopy, DateTimeOffset time)
    {
        (_table, _mark) = (table, document.Mark);
        _provider.Replace(table);
        // After that: who sees it finds its values; and before anybody is told, who may ask for it.
        _account.BeginVersion(table, document.Revision, isCopy, time);
        if (!isCopy)
        {
            _account.Count(LookEnd.Adopted, problem: null, _clock.GetUtcNow());
            _isCopyDue = true;
        }

        try
        {
            Volatile.Write(ref _tellingThread, System.Environment.CurrentManagedThreadId);
            _provider.Tell();
        }
#pragma warning disable CA1031 // Code of whoever listens. All were told, and the version is in force.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            var first = (exception as AggregateException)?.Flatten().InnerException ?? exception;
            var problem = _check.Withhold($"{first.GetType().Name}: {first.Message}", first.GetType().Name, Secrets);
            Log(logger => ConfigurationAgentLog.ListenerFailed(logger, Name, Version, problem));
        }
        finally
        {
            Volatile.Write(ref _tellingThread, 0);
        }
    }
}
