using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Sends each line to the sinks that are to have it.</summary>
/// <remarks>
/// The queues are found when the first line is logged, and not before: they are the sidecars' own, and what makes those may ask for loggers, as what makes
/// loggers asks for this. Lines that are logged while they are being found wait for that.
/// </remarks>
internal sealed class LogRoutes(IServiceProvider services, LogSinks sinks, LogStore store, LastResort lastResort, TimeProvider timeProvider) : IDisposable
{
    private const string SidecarKey = "Sidecar"; // How lines about single messages name theirs.

    private readonly ConcurrentQueue<LogEntry> _early = new();
    private readonly Lock _posting = new(); // Of what came early, so that it goes before all that comes later.
    private LogRoute[]? _found;
    private LogRoute[]? _open; // What was found, once nothing early is left.
    private LogRoute? _only; // The one stock sink, where there is no other.
    private int _stockCount;
    private int _isFinding;
    private bool _hasFailed;

    /// <summary>The ways that were found.</summary>
    public IReadOnlyList<LogRoute> Found => Volatile.Read(ref _found) ?? [];

    public void Post(LogEntry entry)
    {
        if (Volatile.Read(ref _only) is { } only && !entry.Source.TellsOfMessages)
        {
            entry.Holders = 1;
            only.Post(entry);
        }
        else if (Volatile.Read(ref _open) is { } routes)
        {
            PostToAll(entry, routes);
        }
        else
        {
            _early.Enqueue(entry);
            Find();
            PostEarly();
        }
    }

    /// <summary>Keeps a line until the first one is logged: for what is to be told while loggers are made.</summary>
    public void PostLater(LogEntry entry) => _early.Enqueue(entry);

    /// <summary>Tells of what was lost, at the end.</summary>
    public void Dispose()
    {
        foreach (var route in Found)
        {
            route.Dispose();
        }
    }

    private void PostToAll(LogEntry entry, LogRoute[] routes)
    {
        // What a sink logs must not come back to it, nor go round by way of another: it is for the file and standard error alone.
        var about = entry.Source.TellsOfMessages ? NameOfSidecar(entry) : null;
        var isAboutSink = about is not null && Array.Exists(routes, route => route.Name == about);
        var goesToUsers = !isAboutSink && routes.Length > _stockCount && !Array.Exists(routes, static route => route.IsUsers && route.IsInsideSink);
        entry.Holders = goesToUsers ? 0 : Array.Exists(routes, route => !route.IsUsers && route.Name == about) ? _stockCount - 1 : _stockCount;
        var isTaken = false;
        foreach (var route in routes)
        {
            if (route.IsUsers ? goesToUsers : route.Name != about)
            {
                isTaken |= route.Post(entry);
            }
        }

        if (_hasFailed)
        {
            store.WriteNow(entry);
        }
        else if (!isTaken && (goesToUsers || entry.Level >= LogLevel.Warning))
        {
            lastResort.Write(entry);
        }
    }

    private static string? NameOfSidecar(LogEntry entry)
    {
        for (var i = 0; i < entry.ValueCount; i++)
        {
            if (entry.ValueAt(i) is { Key: SidecarKey, Value: string name })
            {
                return name;
            }
        }

        return null;
    }

    private void Find()
    {
        if (Interlocked.Exchange(ref _isFinding, 1) == 0)
        {
            try
            {
                SetRoutes([.. sinks.All.Select(FindRoute).OfType<LogRoute>()]);
            }
#pragma warning disable CA1031 // Wrong options of a sidecar, or a container that is gone: the host tells of that; the lines that lead there are not to be lost.
            catch (Exception)
#pragma warning restore CA1031
            {
                _hasFailed = true;
                SetRoutes([]);
            }
        }
    }

    /// <summary>Posts all that waits. Who logs meanwhile comes behind it, and waits for that: what a thread logs next would overtake it.</summary>
    private void PostEarly()
    {
        if (Volatile.Read(ref _found) is not { } routes || _posting.IsHeldByCurrentThread)
        {
            return; // Who finds them, or posts already, takes this line too.
        }

        // A sink that logs does not wait: the one who posts may wait for it to make room, and takes its line too.
        // All others wait even if another has taken their line.
        var waits = !Array.Exists(routes, static route => route.IsInsideSink);
        do
        {
            if (waits)
            {
                _posting.Enter();
            }
            else if (!_posting.TryEnter())
            {
                return;
            }

            try
            {
                while (_early.TryDequeue(out var entry))
                {
                    PostToAll(entry, routes);
                }

                Open(routes);
            }
            finally
            {
                _posting.Exit();
            }
        }
        while (!_early.IsEmpty);
    }

    private LogRoute? FindRoute(LogSink sink)
    {
        var outlet = sink.Outlet(services);
        if (outlet is null && !sink.IsUsers)
        {
            return null;
        }

        var waits = services.GetRequiredService<IOptionsMonitor<SidecarOptions>>().Get(sink.Name).FullMode == BoundedChannelFullMode.Wait;
        return new LogRoute(sink.Name, services.GetRequiredKeyedService<SidecarWriter<LogEntry>>(sink.Name), outlet, waits, lastResort, timeProvider);
    }

    private void SetRoutes(LogRoute[] routes)
    {
        _stockCount = routes.Count(static route => !route.IsUsers);
        Volatile.Write(ref _found, routes);
    }

    private void Open(LogRoute[] routes)
    {
        Volatile.Write(ref _only, routes is [{ IsUsers: false } only] ? only : null);
        Volatile.Write(ref _open, routes);
    }
}
