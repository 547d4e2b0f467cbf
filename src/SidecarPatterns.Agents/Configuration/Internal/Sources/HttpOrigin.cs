using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>A repository that is asked through an ambassador.</summary>
/// <param name="address">What is asked.</param>
/// <param name="configure">Changes the ambassador's options.</param>
internal sealed class HttpOrigin(Uri address, Action<AmbassadorOptions>? configure) : DocumentOrigin
{
    public override string Describe(IHostEnvironment environment) => address.GetLeftPart(UriPartial.Authority);

    public override string Identify(IHostEnvironment environment) => address.AbsoluteUri;

    /// <exception cref="OptionsValidationException">An option of the ambassador is not allowed.</exception>
    public override IDocumentSource OpenForStart(AgentStart start)
    {
        // A container for the binding and the checks alone, which then are those of every ambassador of this name.
        var services = new ServiceCollection().AddSingleton<IConfiguration>(start.Builder.Configuration);
        services.AddAmbassadorClient(start.Name, Configure);
        using var provider = services.BuildServiceProvider();
        var options = provider.GetRequiredService<IOptionsMonitor<AmbassadorOptions>>().Get(start.Name);
        var client = new HttpClient(new AmbassadorHandler(options, start.Clock)) { Timeout = Timeout.InfiniteTimeSpan };
        return new HttpDocuments(client, address, options, start.Clock);
    }

    public override void Register(AgentStart start) =>
        start.Builder.Services.AddAmbassadorClient(start.Name, Configure).RemoveAllLoggers(); // They would tell the path.

    public override async Task RunAsync(ConfigurationAgent agent, SidecarContext context, CancellationToken ct)
    {
        var options = context.Services.GetRequiredService<IOptionsMonitor<AmbassadorOptions>>().Get(agent.Name);
        var client = context.Services.GetRequiredService<IHttpClientFactory>().CreateClient(agent.Name);
        var source = new HttpDocuments(client, address, options, context.TimeProvider);
        await using (source.ConfigureAwait(false))
        {
            await new Lookout(agent, source).RunAsync(context, ct).ConfigureAwait(false);
        }
    }

    // The address is the client's own: credentials may be shown to it, and calls may lead there.
    private void Configure(AmbassadorOptions options)
    {
        options.BaseAddress ??= new Uri(address, "/");
        configure?.Invoke(options);
    }
}
