using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.AotTest;

/// <content>The scenarios of the configuration agent.</content>
internal static partial class Scenarios
{
    private static async Task ConfigurationFileAsync()
    {
        var folder = Directory.CreateTempSubdirectory("agent");
        try
        {
            var file = Path.Combine(folder.FullName, "limits.json");
            await File.WriteAllTextAsync(file, """{"Limits": {"Orders": 1, "Store": {"City": "Bern"}}}""");
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            builder.Configuration["Agents:Configuration:SettleTime"] = "00:00:00";
            builder.AddConfigurationSidecar(agent =>
            {
                agent.FromFile(file).CopyFile = Path.Combine(folder.FullName, "copy.json");
                agent.Validate(static configuration => configuration["Limits:Store:City"] != "Atlantis", "there is no such city");
                agent.Validate(
                    "Limits", static section => section.Get<LimitOptions>(), static limits => limits.Orders < 10 && limits.Store.City is not null, "there are too many");
            });
            Check(builder.Configuration["Limits:Store:City"] == "Bern", "it is not there at once");
            using var host = builder.Build();
            await host.StartAsync();
            var agent = host.Services.GetRequiredService<IConfigurationAgent>();

            await ReplaceAsync(file, """{"Limits": {"Orders": 11, "Store": {"City": "Bern"}}}""");
            Check((await agent.RefreshAsync()).LastError == "section 'Limits': there are too many", $"{agent.GetSnapshot()}");
            await ReplaceAsync(file, """{"Limits": {"Orders": 3, "Store": {"City": "Atlantis"}}}""");
            Check((await agent.RefreshAsync()).LastError?.Contains("there is no such city", StringComparison.Ordinal) == true, $"{agent.GetSnapshot()}");
            await ReplaceAsync(file, """{"Limits": {"Orders": 2, "Store": {"City": "Chur"}}}""");
            Check((await agent.RefreshAsync()).Version == 2 && builder.Configuration["Limits:Orders"] == "2", $"{agent.GetSnapshot()}");
            await host.StopAsync();

            File.Delete(file);
            var next = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            next.AddConfigurationSidecar(options => options.FromFile(file).CopyFile = Path.Combine(folder.FullName, "copy.json"));
            Check(next.Configuration["Limits:Store:City"] == "Chur", "the copy is not taken");
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        static async Task ReplaceAsync(string file, string text)
        {
            await File.WriteAllTextAsync(file + ".new", text);
            File.Move(file + ".new", file, overwrite: true);
        }
    }

    private static async Task ConfigurationRepositoryAsync()
    {
        await using var repository = new Repository("""{"Limits": {"Orders": 1}}""");
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration["Ambassadors:configuration-agent:Timeout"] = "00:00:20";
        builder.AddConfigurationSidecar(agent => agent.FromHttp(repository.Address, static ambassador => ambassador.ApiKey.Keys.Add("key")));
        using var host = builder.Build();
        await host.StartAsync();
        var agent = host.Services.GetRequiredService<IConfigurationAgent>();

        repository.Document = """{"Limits": {"Orders": 2}}""";
        var snapshot = await agent.RefreshAsync();
        Check(snapshot.Version == 2 && builder.Configuration["Limits:Orders"] == "2", $"{snapshot}");
        Check(repository.Keys.All(static key => key == "key"), string.Join(' ', repository.Keys));
        await host.StopAsync();
    }

    private static async Task ConfigurationSourceAsync()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.AddConfigurationSidecar(static agent => agent.From<OwnConfiguration>());
        Check(builder.Configuration["Orders"] == "1", "it is not there at once");
        using var host = builder.Build();
        var seen = new TaskCompletionSource();
        using var listening = Microsoft.Extensions.Primitives.ChangeToken.OnChange(((IConfiguration)builder.Configuration).GetReloadToken, seen.SetResult);
        await host.StartAsync();
        await seen.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Check(builder.Configuration["Orders"] == "2", $"{builder.Configuration["Orders"]}");
        await host.StopAsync();
    }

    private static async Task ConfigurationFolderAsync()
    {
        var folder = Directory.CreateTempSubdirectory("agent");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "Limits__Orders"), "3\n");
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "more.json"), """{"Limits": {"Store": {"City": "Genf"}}}""");
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            builder.AddConfigurationSidecar(static agent => agent.From<OwnConfiguration>());
            builder.AddConfigurationSidecar("overrides", agent =>
            {
                agent.FromFolder(folder.FullName);
                agent.Validate("Limits", static section => section.Get<LimitOptions>(), new LimitValidator());
            });
            Check(builder.Configuration["Limits:Orders"] == "3" && builder.Configuration["Limits:Store:City"] == "Genf", "it is not there at once");
            using var host = builder.Build();
            await host.StartAsync();
            var agent = host.Services.GetRequiredKeyedService<IConfigurationAgent>("overrides");

            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "Limits__Orders"), "30");
            Check((await agent.RefreshAsync()).LastError is { } error && error.EndsWith("too many", StringComparison.Ordinal), $"{agent.GetSnapshot()}");
            Check(builder.Configuration["Limits:Orders"] == "3", "a version that is not in order is in force");
            await host.StopAsync();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private sealed class LimitValidator : IValidateOptions<LimitOptions>
    {
        public ValidateOptionsResult Validate(string? name, LimitOptions options) =>
            options.Orders < 10 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail("too many");
    }

    private sealed class OwnConfiguration : ISidecarSource<ConfigurationDocument>
    {
        public async Task RunAsync(ChannelWriter<ConfigurationDocument> output, SidecarContext context, CancellationToken ct)
        {
            await output.WriteAsync(ConfigurationDocument.FromKeys([new("Orders", "1")]), ct);
            await output.WriteAsync(ConfigurationDocument.FromJson("""{"Orders": 2}"""), ct);
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
        }
    }
}

internal sealed class LimitOptions
{
    public int Orders { get; set; }

    public StoreOptions Store { get; set; } = new();
}

internal sealed class StoreOptions
{
    public string? City { get; set; }
}
