using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SidecarPatterns;

/// <summary>Has a source of the user's own give its first version while there is no container yet, and ends it then.</summary>
/// <param name="name">The name of its sidecar.</param>
/// <param name="start">What there is.</param>
internal sealed class OwnFirstDocument<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TSource>(string name, AgentStart start)
    : IDocumentSource
    where TSource : class, ISidecarSource<ConfigurationDocument>
{
    private readonly ServiceProvider _services = new ServiceCollection()
        .AddSingleton<IConfiguration>(start.Builder.Configuration)
        .AddSingleton(start.Builder.Environment)
        .AddSingleton(start.Clock)
        .AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance)
        .AddSingleton(typeof(ILogger<>), typeof(NullLogger<>))
        .BuildServiceProvider();

    /// <inheritdoc/>
    public async Task<Fetched> FetchAsync(FetchRequest request, CancellationToken ct)
    {
        var versions = Channel.CreateBounded<ConfigurationDocument>(1);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var running = Task.Run(() => RunAsync(versions.Writer, end.Token), CancellationToken.None);
        try
        {
            return await versions.Reader.WaitToReadAsync(ct).ConfigureAwait(false) && versions.Reader.TryRead(out var version)
                ? new Fetched(version)
                : throw new SourceAwayException("it has returned without a version");
        }
#pragma warning disable CA1031 // The user's own code: whatever it throws, there is no version.
        catch (Exception exception) when (exception is not SourceAwayException && !ct.IsCancellationRequested)
#pragma warning restore CA1031
        {
            throw new SourceAwayException($"it threw {exception.GetType().Name}", exception);
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await Task.WhenAny(running, Task.Delay(ConfigurationAgentConstants.EndGrace, start.Clock, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private async Task RunAsync(ChannelWriter<ConfigurationDocument> output, CancellationToken ct)
    {
        Exception? failure = null;
        TSource? source = null;
        try
        {
            source = ActivatorUtilities.CreateInstance<TSource>(_services);
            var context = new SidecarContext(name, _services, NullLogger.Instance, start.Clock);
            if (source is ISidecarStartup startup)
            {
                await startup.StartAsync(context, ct).ConfigureAwait(false);
            }

            await source.RunAsync(output, context, ct).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Told to whoever waits for the version, if anybody still does.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failure = exception;
        }

        output.TryComplete(failure);
        await DisposeAsync(source).ConfigureAwait(false);
    }

    private static async Task DisposeAsync(TSource? source)
    {
        try
        {
            if (source is IAsyncDisposable disposable)
            {
                await disposable.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                (source as IDisposable)?.Dispose();
            }
        }
#pragma warning disable CA1031 // Its version is here.
        catch (Exception)
#pragma warning restore CA1031
        {
            // It runs once more in the host, where this is told.
        }
    }
}
