using Microsoft.Extensions.Hosting;

namespace SidecarPatterns;

/// <summary>A file, or the files of a folder.</summary>
/// <param name="path">Where, relative to the content root.</param>
/// <param name="isFolder">Whether it is a folder.</param>
internal sealed class FileOrigin(string path, bool isFolder) : DocumentOrigin
{
    public override string Describe(IHostEnvironment environment) => $"{(isFolder ? "folder" : "file")} '{path}'";

    public override string Identify(IHostEnvironment environment) => PathIn(environment);

    public override string? FindCopyProblem(string copyFile, IHostEnvironment environment) =>
        PathIn(environment) is var own && (copyFile == own || (isFolder && Path.GetDirectoryName(copyFile) == own))
            ? "a file that is not of the source itself"
            : null;

    public override IDocumentSource OpenForStart(AgentStart start) => Open(PathIn(start.Builder.Environment), start.Clock);

    public override async Task RunAsync(ConfigurationAgent agent, SidecarContext context, CancellationToken ct)
    {
        var source = Open(PathIn(agent.Environment), context.TimeProvider);
        await using (source.ConfigureAwait(false))
        {
            var folder = isFolder ? PathIn(agent.Environment) : Path.GetDirectoryName(PathIn(agent.Environment))!;
            using var watch = new FolderWatch(folder, agent.LookSoon);
            await new Lookout(agent, source, watch).RunAsync(context, ct).ConfigureAwait(false);
        }
    }

    private string PathIn(IHostEnvironment environment) => ContentRoot.PathOf(path, environment);

    private IDocumentSource Open(string fullPath, TimeProvider clock) =>
        isFolder ? new FolderDocuments(fullPath, clock) : new FileDocuments(fullPath, clock);
}
