using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests;

/// <summary>No value of a secret key is in anything that the agent emits, whoever writes the message.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ConfigurationAgentSecretsTests : FolderTests<TestFolder>
{
    private const string Canary = "canary-8c1f";

    [TestCase("Shop:Password", true)]
    [TestCase("ConnectionStrings:Shop", true)]
    [TestCase("Shop:ApiKey", true)]
    [TestCase("Auth:ClientSecret:Value", true)]
    [TestCase("Shop:Pin", true)]
    [TestCase("shop:pin:backup", true)]
    [TestCase("Keys:Bank:1", true)]
    [TestCase("Shop:Pinned", false)]
    [TestCase("Shop:Name", false)]
    public void SecretKeys_ListedOrUsual_AreKnownWithAllBelow(string key, bool isSecret) =>
        Assert.That(new SecretKeys(["Shop:Pin", "*:Bank:*"]).Contains(key), Is.EqualTo(isSecret));

    // A validator, a binder, a listener and a logger of the ambassador all get to see it, and say what they see.
    [Test]
    public async Task Secret_InEveryFateOfAVersion_IsNowhere()
    {
        var emitted = new List<string>();
        await using var server = ScriptedServer.Start().Answers(Json("1", "fine"));
        using var activities = Listen(emitted);
        var listens = false;
        await using var host = ConfigurationAgents.Build(
            options =>
            {
                options.FromHttp(
                    new Uri(server.Uri, $"configuration/{Canary}?token={Canary}"),
                    static ambassador =>
                    {
                        (ambassador.Basic.UserName, ambassador.Basic.Password) = ("shop", Canary);
                        ambassador.Authentication.AllowInsecureCredentials = true;
                        ambassador.Retry.MaxAttempts = 1;
                    });
                options.Secrets.Add("Shop:Pin");
                options.CopyFile = Folder.File("copy");
                options.Validate(static candidate => candidate["Shop:Mode"] switch
                {
                    "throw" => throw new FormatException($"this pin is wrong: {candidate["Shop:Pin"]}", new FormatException(Canary)),
                    "say no" => false,
                    _ => true,
                });
                options.Validate<PinOptions>("Shop", static shop => shop.Mode != "invalid");
            },
            after: builder => builder.Configuration["Other:Secret"] = Canary + " of another source");
        using var listening = Microsoft.Extensions.Primitives.ChangeToken.OnChange(host.Configuration().GetReloadToken, () =>
        {
            if (listens)
            {
                throw new InvalidOperationException($"I do not like {host.Value("Shop:Password")}.");
            }
        });
        await host.StartReadyAsync();
        Answer[] answers =
        [
            Json("1", "throw"),
            Json("1", "say no"),
            Json("1", "invalid"),
            Json("\"no number\"", "fine"),
            Answer.With(200, $"{{\"Password\": \"{Canary}\", {Canary}", ("Content-Type", "application/json")),
            Answer.With(200, $"{{\"A\": \"{Canary}\", \"A\": \"{Canary}\"}}", ("Content-Type", "application/json")),
            Answer.With(500, Canary, ("X-Secret", Canary)),
            Answer.With(200, Canary, ("Content-Type", "text/html")),
            Answer.With(302, Canary, ("Location", $"http://{Canary}.invalid/{Canary}")),
            Answer.Reset,
        ];
        foreach (var answer in answers)
        {
            server.Answers(answer);
            emitted.Add((await host.LookAsync()).ToString());
            await CollectAsync();
        }

        listens = true;
        server.Answers(Json("2", "fine"));
        emitted.Add((await host.LookAsync()).ToString());
        await CollectAsync();
        await host.StopAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((host.Value("Shop:Pin"), host.AgentSnapshot().Version), Is.EqualTo((Canary + " pin", 2L)));
            Assert.That(host.Logs.Named("ListenerFailed").Single().Message, Does.Contain("InvalidOperationException, which is not shown, since the value of a secret key occurs in it"));
            Assert.That(host.AgentSnapshot().Refused + host.AgentSnapshot().Failed, Is.EqualTo(answers.Length));
            emitted.AddRange(host.Logs.Entries.Select(static entry => $"{entry.Message} {entry.Exception}"));
            Assert.That(emitted, Is.Not.Empty);
            Assert.That(emitted.Where(static text => text.Contains(Canary, StringComparison.OrdinalIgnoreCase)), Is.Empty);
        }

        async Task CollectAsync()
        {
            var health = await host.HealthOfAsync(AgentNames.Configuration);
            emitted.Add($"{health.Description} {string.Join(' ', health.Data)} {host.Snapshot(AgentNames.Configuration)}");
        }

        static Answer Json(string limit, string mode) => Answer.With(
            200,
            $$$"""{"Shop": {"Limit": {{{limit}}}, "Mode": "{{{mode}}}", "Password": "{{{Canary}}}", "Pin": "{{{Canary}}} pin"}}""",
            ("Content-Type", "application/json"));
    }

    // The address, what the repository says, where it sends: nothing of it is in an exception, those inside it included.
    [Test]
    public async Task Secret_InTheErrorOfTheStartOverHttp_IsInNoneOfItsExceptions()
    {
        await using var server = ScriptedServer.Start();
        Answer[] answers =
        [
            Answer.With(500, Canary, ("X-Secret", Canary), ("ETag", $"\"{Canary}\"")),
            Answer.With(200, Canary, ("Content-Type", "text/html")),
            Answer.With(200, $"{{\"Password\": \"{Canary}\", {Canary}", ("Content-Type", "application/json")),
            Answer.With(302, Canary, ("Location", $"http://localhost:1/{Canary}?token={Canary}")),
            Answer.With(302, Canary, ("Location", $"ftp://{Canary}/{Canary}")),
            Answer.With(302, Canary, ("Location", $"/{Canary}")),
            Answer.Reset,
            Answer.Of(static async connection =>
            {
                await connection.SendHeadAsync(200, ("Content-Length", "1000"), ("Content-Type", "application/json"));
                await connection.SendAsync($"{{\"Password\": \"{Canary}");
                await connection.CloseAsync();
            }),
        ];
        foreach (var answer in answers)
        {
            server.Answers(answer);
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            var failure = await Task.Run(() => builder.AddConfigurationSidecar(options =>
            {
                options.FromHttp(new Uri(server.Uri, $"{Canary}?token={Canary}"), static ambassador => ambassador.Retry.MaxAttempts = 1);
                options.StartupTimeout = TimeSpan.FromMilliseconds(200);
            })).FailureAsync();

            Assert.That(failure, Is.TypeOf<ConfigurationAgentException>());
            Assert.That(failure!.ToString(), Does.Not.Contain(Canary));
        }
    }

    // Its message quotes the token with which it asks its vault, which stands in another source of the configuration.
    [Test]
    public async Task Secret_InTheExceptionOfTheUsersOwnSource_IsWithheldWithIt()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration["Vault:Token"] = Canary;

        var failure = await Task.Run(() => builder.AddConfigurationSidecar(static options => options.From<Vault>())).FailureAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.TypeOf<ConfigurationAgentException>().With.Message.Contains("it threw UnauthorizedAccessException"));
            Assert.That(failure!.ToString(), Does.Not.Contain(Canary));
        }

        builder.Configuration["Vault:Token"] = "";
        failure = await Task.Run(() => builder.AddConfigurationSidecar(static options => options.From<Vault>())).FailureAsync();
        Assert.That(failure!.InnerException, Is.TypeOf<UnauthorizedAccessException>(), "what tells no secret is there to help");
    }

    // They may stand in a version: then their values are values of the configuration.
    [Test]
    public async Task Secret_InAnOptionOfTheAgentItself_IsWithheld()
    {
        Folder.Write("shop.json", """{"Agents": {"Configuration": {"Secrets": ["Agents:Configuration:Interval"]}}}""");
        await using var host = ConfigurationAgents.Build(options => options.FromFile(Folder.File("shop.json")));
        await host.StartReadyAsync();

        Folder.Replace("shop.json", $$$$"""
            {"Agents": {"Configuration": {"Interval": "{{{{Canary}}}}", "Secrets": ["Agents:Configuration:Interval"]}}}
            """);
        await host.LookAsync();
        await host.LookAsync();
        await host.StopAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Logs.Named("AgentOptionsRefused").Single().Message, Does.Contain("what is wrong with them, which is not shown"));
            Assert.That(host.Logs.Entries.Select(static entry => $"{entry.Message} {entry.Exception}"), Has.None.Contains(Canary));
        }
    }

    [Test]
    public async Task Secret_InTheErrorOfTheStart_IsInNoneOfItsExceptions()
    {
        Folder.Write("shop.json", $$$"""{"Shop": {"Limit": "{{{Canary}}}", "Password": "{{{Canary}}}"}}""");
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());

        var failure = await Task.Run(() => builder.AddConfigurationSidecar(options => options
            .FromFile(Folder.File("shop.json"))
            .Validate(static candidate => throw new FormatException(candidate["Shop:Password"]))
            .Validate<PinOptions>("Shop", static _ => true))).FailureAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.TypeOf<ConfigurationAgentException>());
            Assert.That(failure!.ToString(), Does.Not.Contain(Canary));
            Assert.That(failure.Message, Does.Contain("what a validator threw, which is not shown"));
        }
    }

    [Test]
    public async Task Hash_AnotherSecret_IsTheSameAndTheVersionAnother()
    {
        Folder.Write("shop.json", """{"Name": "tea", "Password": "1"}""");
        await using var host = ConfigurationAgents.Build(options => options.FromFile(Folder.File("shop.json")));
        await host.StartReadyAsync();
        var hash = host.AgentSnapshot().Hash;

        Folder.Replace("shop.json", """{"Name": "tea", "Password": "2"}""");
        var snapshot = await host.LookAsync();
        Assert.That((snapshot.Version, snapshot.Hash), Is.EqualTo((2L, hash)));

        Folder.Replace("shop.json", """{"Name": "milk", "Password": "2"}""");
        Assert.That((await host.LookAsync()).Hash, Is.Not.EqualTo(hash));
        await host.StopAsync();
    }

    private static ActivityListener Listen(List<string> emitted)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == SidecarDiagnostics.ActivitySourceName,
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                lock (emitted)
                {
                    emitted.Add(string.Join(' ', activity.TagObjects.Concat(activity.Events.SelectMany(static step => step.Tags)).Select(static tag => $"{tag.Key}={tag.Value}")));
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Made by the agent.")]
    private sealed class Vault(IConfiguration configuration) : ISidecarSource<ConfigurationDocument>
    {
        public Task RunAsync(ChannelWriter<ConfigurationDocument> output, SidecarContext context, CancellationToken ct) =>
            throw new UnauthorizedAccessException($"The vault does not take {configuration["Vault:Token"]}.");
    }

    internal sealed class PinOptions
    {
        public int Limit { get; set; }

        public string? Mode { get; set; }
    }
}
