using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns;

/// <summary>A source of the user's own, which runs as a sidecar beside the agent's and tells by itself when there is a version.</summary>
/// <typeparam name="TSource">The source.</typeparam>
internal sealed class OwnOrigin<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TSource> : DocumentOrigin
    where TSource : class, ISidecarSource<ConfigurationDocument>
{
    public override bool IsAsked => false;

    public override string Describe(IHostEnvironment environment) => typeof(TSource).Name;

    public override string Identify(IHostEnvironment environment) => typeof(TSource).ToString();

    public override IDocumentSource OpenForStart(AgentStart start) => new OwnFirstDocument<TSource>(NameOf(start.Name), start);

    // One version waits, so that a source which is ahead has to wait as well.
    public override void Register(AgentStart start) =>
        start.Builder.Services.AddSidecarSource<TSource, ConfigurationDocument>(NameOf(start.Name), options =>
        {
            options.Capacity = 1;
            ConfigurationAgentRegistration.SetDefaults(start.Builder.Configuration, NameOf(start.Name), options);
        });

    public override async Task RunAsync(ConfigurationAgent agent, SidecarContext context, CancellationToken ct)
    {
        var versions = context.Services.GetRequiredKeyedService<ChannelReader<ConfigurationDocument>>(NameOf(agent.Name));
        try
        {
            while (await versions.WaitToReadAsync(ct).ConfigureAwait(false))
            {
                while (versions.TryRead(out var version))
                {
                    agent.TakeNext(version);
                }
            }

            agent.TellSourceEnded("It has returned.");
        }
#pragma warning disable CA1031 // The cause why it has failed for good is its own, and so is what its message says.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            agent.TellSourceEnded($"It has failed for good ({exception.GetType().Name}).");
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, context.TimeProvider, ct).ConfigureAwait(false);
    }

    private static string NameOf(string agent) => agent + ".source";
}
